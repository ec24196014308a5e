import { generate, startServer } from './processes.js';

/**
 * Measures once: starts a server, runs the generator, and stops the server.
 *
 * @param {{ name: string, dialect: string, generator?: string[], command: (port: number) => string[] }} server
 * @param {Record<string, string | number | true>} options the generator's, by name
 * @param {{ server?: number, generator?: number }} cores the cores to use; any by default
 */
export async function measure(server, options, cores = {}) {
  const args = ['--dialect', server.dialect, ...(server.generator ?? [])];
  for (const [name, value] of Object.entries(options)) {
    args.push(`--${name}`);
    if (value !== true) args.push(String(value));
  }
  const running = await startServer(server, cores.server);
  try {
    const figures = await generate(running, args, cores.generator);
    if (!running.alive) figures.failure ??= 'the server has ended';
    return withDerived(figures);
  } finally {
    await running.stop();
  }
}

/** Adds derived figures: CPU time per message, and the share of its core that the server used. */
function withDerived(figures) {
  const { serverUser, serverSystem, seconds, messages } = figures;
  if (serverUser === undefined) return figures;
  const cpu = serverUser + serverSystem;
  return {
    ...figures,
    serverShare: cpu / seconds,
    systemShare: cpu === 0 ? 0 : serverSystem / cpu,
    cpuPerMessage: (cpu / messages) * 1e6,
    perCpuSecond: messages / cpu,
  };
}

export function median(values) {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
}

/** The medians of all numeric figures over several runs. */
export function mediansOf(runs) {
  const names = Object.keys(runs[0]).filter((name) => typeof runs[0][name] === 'number');
  return Object.fromEntries(names.map((name) => [name, median(runs.map((run) => run[name]))]));
}
