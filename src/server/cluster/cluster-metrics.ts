import { counters, gauges } from '../../ops/add-metric.js';
import type { Registry } from '../../ops/all-metrics.js';

export interface ClusterCounts {
  /** The other relays that are known. */
  nodes(): number;
  isConnected(): boolean;
  links(): number;
  bufferedBytes(): number;
  clients(): { readonly edge: number; readonly home: number; readonly waiting: number };
  blocks(): number;
  takeovers(): number;
  recordErrors(): number;
}

/** Adds the metrics of a relay in a cluster. */
export function addClusterMetrics(registry: Registry, counts: ClusterCounts): void {
  const gauge = gauges(registry);
  const one = (name: string, help: string, read: () => number): void =>
    gauge(name, help, [], () => [[{}, read()]]);
  one('cluster_nodes', 'Other relays of the cluster.', () => counts.nodes());
  one('cluster_connected', 'Whether there is a connection to NATS.', () =>
    Number(counts.isConnected()),
  );
  one('cluster_links', 'Links to other relays.', () => counts.links());
  one('cluster_link_bytes', 'Bytes in the buffers of links.', () => counts.bufferedBytes());
  one('cluster_blocks', 'Blocks of codes that this relay draws.', () => counts.blocks());
  const counter = counters(registry);
  counter('cluster_takeovers', 'Rooms of other relays that hosts have resumed here.', [], () => [
    [{}, counts.takeovers()],
  ]);
  counter('cluster_record_errors', 'Rooms that could not be written to NATS.', [], () => [
    [{}, counts.recordErrors()],
  ]);
  gauge(
    'cluster_clients',
    'Clients in rooms of other relays (edge), of other relays in rooms of this one (home), and of relays that have ended (waiting).',
    ['end'],
    () => Object.entries(counts.clients()).map(([end, count]) => [{ end }, count]),
  );
}
