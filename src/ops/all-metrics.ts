import { AggregatorRegistry, type MetricObject, type Registry } from 'prom-client';
import type { MetricsSource } from './shared-scrape.js';

export type { Registry };

/** The values of one process, as `prom-client` has them as JSON. */
export type MetricValues = readonly object[];

/**
 * The metrics of all processes: sums, or what a metric says otherwise.
 *
 * @param others asks the other processes for their values
 */
export function allMetrics(
  own: Registry,
  others: () => Promise<readonly MetricValues[]>,
): MetricsSource {
  return {
    contentType: own.contentType,
    async metrics() {
      const all = [await own.getMetricsAsJSON(), ...(await others())];
      return AggregatorRegistry.aggregate(all as MetricObject[][]).metrics();
    },
  };
}

/**
 * Adds up what processes that have ended had counted. Without it, counters of the relay would go down,
 * which Prometheus takes for a restart of all of them.
 */
export async function addCounters(
  counted: MetricValues,
  values: MetricValues,
): Promise<MetricValues> {
  const counters = values.filter((metric) => 'type' in metric && metric.type === 'counter');
  const all = [counted, counters] as MetricObject[][];
  return AggregatorRegistry.aggregate(all).getMetricsAsJSON();
}
