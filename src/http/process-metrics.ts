import { readdirSync } from 'node:fs';
import { Counter, Gauge, type Registry } from 'prom-client';

/**
 * What every process has, under the names that dashboards know. `prom-client` has a collection of
 * these, too, but it keeps an observer of garbage collections and a timer of 10 ms running, which
 * cost a busy relay some percent whether anybody scrapes or not. These are read on scrape.
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
  gauge('process_resident_memory_bytes', 'Resident memory.', () => process.memoryUsage.rss());
  gauge('nodejs_heap_size_used_bytes', 'Heap in use.', () => process.memoryUsage().heapUsed);
  gauge('nodejs_heap_size_total_bytes', 'Heap reserved.', () => process.memoryUsage().heapTotal);
  gauge('nodejs_external_memory_bytes', 'Memory outside of the heap, buffers above all.', () => {
    return process.memoryUsage().external;
  });
  const startedAt = Math.round(Date.now() / 1000 - process.uptime());
  gauge(
    'process_start_time_seconds',
    'When the process started, since the epoch.',
    () => startedAt,
  );
  gauge('process_open_fds', 'Open file descriptors.', openDescriptors);
  new Counter({
    name: 'process_cpu_seconds_total',
    help: 'CPU time, in user mode and in the kernel.',
    registers: [registry],
    collect() {
      const { user, system } = process.cpuUsage();
      this.reset();
      this.inc((user + system) / 1e6);
    },
  });
}

/** 0 where the system does not tell. */
function openDescriptors(): number {
  try {
    return readdirSync('/proc/self/fd').length;
  } catch {
    return 0;
  }
}
