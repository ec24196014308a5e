/** A metric that changes with every computation: it counts microseconds. */
const COMPUTATION = /^process_cpu_seconds_total .*$/m;

/** The metrics as every client gets them: at most a second old. */
export async function metricsOf(http: string): Promise<string> {
  return (await fetch(`${http}/metrics`)).text();
}

/** Metrics that were computed after this was called. */
export async function freshMetrics(http: string, read = metricsOf): Promise<string> {
  const before = COMPUTATION.exec(await read(http))?.[0];
  for (;;) {
    const text = await read(http);
    if (COMPUTATION.exec(text)?.[0] !== before) return text;
  }
}
