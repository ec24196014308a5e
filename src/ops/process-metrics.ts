import { readdirSync } from 'node:fs';
import { getHeapStatistics } from 'node:v8';
import { Counter, Gauge, type Registry } from 'prom-client';

/**
 * Metrics of the process, under their usual names. `prom-client` can collect them, too, but for
 * that it runs an observer of garbage collections and a timer of 10 ms, which cost a busy relay
 * some percent of its CPU time. These metrics are read only when they are requested.
 */
export function processMetrics(registry: Registry): void {
  const gauge = (name: string, help: string, read: () => number): void => {
    new Gauge({
      name,
      help,
      registers: [registry],
      collect() {
        this.set(read());
      },
    });
  };
  gauge(
    'process_resident_memory_bytes',
    'Resident memory.',
    lastKnown(() => process.memoryUsage.rss()),
  );
  gauge('nodejs_heap_size_used_bytes', 'Heap in use.', () => getHeapStatistics().used_heap_size);
  gauge(
    'nodejs_heap_size_total_bytes',
    'Heap reserved.',
    () => getHeapStatistics().total_heap_size,
  );
  gauge(
    'nodejs_external_memory_bytes',
    'Memory outside of the heap, mostly buffers.',
    () => getHeapStatistics().external_memory,
  );
  gauge(
    'process_open_fds',
    'Open file descriptors.',
    lastKnown(() => readdirSync('/proc/self/fd').length),
  );
  addStartTime(registry);
  addCpuTime(registry);
}

function addStartTime(registry: Registry): void {
  const startedAt = Math.round(Date.now() / 1000 - process.uptime());
  new Gauge({
    name: 'process_start_time_seconds',
    help: 'Start time of the process, since the epoch.',
    aggregator: 'min',
    registers: [registry],
    collect() {
      this.set(startedAt);
    },
  });
}

function addCpuTime(registry: Registry): void {
  new Counter({
    name: 'process_cpu_seconds_total',
    help: 'CPU time, user and system.',
    registers: [registry],
    collect() {
      const { user, system } = process.cpuUsage();
      this.reset();
      this.inc((user + system) / 1e6);
    },
  });
}

/**
 * Reads a value from a file of the system. If that fails, as without a free file descriptor,
 * returns the last value, or 0 if there is none.
 */
function lastKnown(read: () => number): () => number {
  let known = 0;
  return () => {
    try {
      known = read();
    } catch {
      // The last value is returned.
    }
    return known;
  };
}
