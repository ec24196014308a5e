import {
  addCounters,
  allMetrics,
  type MetricValues,
  type Registry,
} from '../../ops/all-metrics.js';
import type { MetricsSource } from '../../ops/shared-scrape.js';
import type { WorkerProcess } from './worker-process.js';

/** The metrics of all workers, with what processes have counted that have ended. */
export class WorkerMetrics {
  readonly #workers: readonly WorkerProcess[];
  readonly #fault: (error: unknown) => void;
  /** The last known metrics of each running process. */
  readonly #last = new Map<WorkerProcess, MetricValues>();
  /** What processes have counted that have ended. */
  #counted: Promise<MetricValues> = Promise.resolve([]);

  constructor(workers: readonly WorkerProcess[], fault: (error: unknown) => void) {
    this.#workers = workers;
    this.#fault = fault;
  }

  /** All metrics: those of this process, too. */
  with(own: Registry): MetricsSource {
    return allMetrics(own, async () => {
      const running = await this.#ask();
      return [await this.#counted, ...running];
    });
  }

  /** A process of the worker has ended. */
  ended(worker: WorkerProcess): void {
    const values = this.#last.get(worker);
    this.#last.delete(worker);
    if (values === undefined) return;
    this.#counted = this.#counted.then((counted) =>
      addCounters(counted, values).catch((error: unknown) => {
        this.#fault(error);
        return counted;
      }),
    );
  }

  /** The metrics of all workers: the last known ones of a worker that does not answer. */
  async #ask(): Promise<MetricValues[]> {
    const asked = this.#workers.filter(({ isResponding }) => isResponding);
    await Promise.allSettled(
      asked.map(async (worker) => {
        this.#last.set(worker, await worker.ask('metrics', {}));
      }),
    );
    return [...this.#last.values()];
  }
}
