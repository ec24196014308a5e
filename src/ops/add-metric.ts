import { Counter, Gauge, type Registry } from 'prom-client';

/** One value of a metric, with its labels. */
export type Sample = readonly [labels: Record<string, string>, value: number];

/** Adds a metric whose values are read when the metrics are requested. */
export type AddMetric = (
  name: string,
  help: string,
  labels: string[],
  read: () => Iterable<Sample>,
) => void;

/** Adds gauges of the relay: their names get its prefix. */
export function gauges(registry: Registry): AddMetric {
  return (name, help, labelNames, read) =>
    new Gauge({
      name: `lobby_relay_${name}`,
      help,
      labelNames,
      registers: [registry],
      collect() {
        for (const [labels, value] of read()) this.set(labels, value);
      },
    });
}

/** Adds counters of the relay: their names get its prefix, and `_total`. */
export function counters(registry: Registry): AddMetric {
  return (name, help, labelNames, read) =>
    new Counter({
      name: `lobby_relay_${name}_total`,
      help,
      labelNames,
      registers: [registry],
      collect() {
        this.reset();
        for (const [labels, value] of read()) this.inc(labels, value);
      },
    });
}
