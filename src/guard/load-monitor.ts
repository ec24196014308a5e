import { performance } from 'node:perf_hooks';
import { getHeapStatistics } from 'node:v8';
import { type LoadLimits, type Overload, overload } from './overload.js';

/** How often the load is looked at, in milliseconds. */
const INTERVAL = 100;

/** How long one late turn counts: a loop that is late is late now and then, not all the time. */
const LATE_FOR = 1000;

/** Watches how busy the process is. */
export class LoadMonitor {
  /** How late the event loop was when it was last looked at, in milliseconds. */
  lag = 0;
  readonly #limits: LoadLimits;
  readonly #overfull: () => boolean;
  readonly #tooBusy: (what: Overload, lag: number) => void;
  #told: Overload | undefined;
  #lateUntil = 0;
  #overload: Overload | undefined;

  /**
   * @param overfull whether more waits in all connections together than may
   * @param tooBusy there is too much of this from now on
   */
  constructor(
    limits: LoadLimits,
    overfull: () => boolean,
    tooBusy: (what: Overload, lag: number) => void,
  ) {
    this.#limits = limits;
    this.#overfull = overfull;
    this.#tooBusy = tooBusy;
  }

  /** What there is too much of now, if anything. */
  get overload(): Overload | undefined {
    return this.#overfull() ? 'memory' : this.#overload;
  }

  /** Starts watching; returns what stops it. */
  start(): () => void {
    let due = performance.now() + INTERVAL;
    const timer = setInterval(() => {
      const now = performance.now();
      this.#look(Math.max(0, now - due), now);
      due = now + INTERVAL;
    }, INTERVAL);
    timer.unref();
    return () => clearInterval(timer);
  }

  #look(lag: number, now: number): void {
    this.lag = lag;
    const { used_heap_size: heapUsed, heap_size_limit: heapLimit } = getHeapStatistics();
    const load = { lag, heapUsed, heapLimit };
    const found = overload(load, this.#limits);
    if (found === 'late') this.#lateUntil = now + LATE_FOR;
    this.#overload = found ?? (now < this.#lateUntil ? 'late' : undefined);
    const what = this.overload;
    if (what !== undefined && what !== this.#told) this.#tooBusy(what, lag);
    this.#told = what;
  }
}
