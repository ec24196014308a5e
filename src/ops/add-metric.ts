import { type Aggregator, Counter, Gauge, type Registry } from 'prom-client';

/** One value of a metric, with its labels. */
export type Sample = readonly [labels: Record<string, string>, value: number];

/**
 * Adds a metric whose values are read when the metrics are requested. Those of several processes are
 * added up, unless the aggregator of a gauge says otherwise.
 */
export type AddMetric = (
  name: string,
  help: string,
  labels: string[],
  read: () => Iterable<Sample>,
  aggregator?: Aggregator,
) => void;

/** Adds gauges of the relay: their names get its prefix. */
export function gauges(registry: Registry): AddMetric {
  return (name, help, labelNames, read, aggregator = 'sum') =>
    new Gauge({
      name: `lobby_relay_${name}`,
      help,
      aggregator,
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
