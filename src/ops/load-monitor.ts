import { performance } from 'node:perf_hooks';
import { type LoadLimits, type Overload, overload } from '../limits/overload.js';
import { oldGeneration } from './heap.js';

/** How often the load is checked, in milliseconds. */
const INTERVAL = 100;

/**
 * How long one late turn counts, in milliseconds: an overloaded event loop is not late every time.
 */
const LATE_PERIOD = 1000;

/** Checks regularly whether the process is overloaded. */
export class LoadMonitor {
  /** The event loop delay at the last check, in milliseconds. */
  lag = 0;
  readonly #limits: LoadLimits;
  readonly #buffersFull: () => boolean;
  readonly #onOverload: (what: Overload, lag: number) => void;
  #reported: Overload | undefined;
  #lateUntil = 0;
  #overload: Overload | undefined;

  /**
   * @param buffersFull whether the buffers of all connections are nearly full
   * @param onOverload is called when an overload starts
   */
  constructor(
    limits: LoadLimits,
    buffersFull: () => boolean,
    onOverload: (what: Overload, lag: number) => void,
  ) {
    this.#limits = limits;
    this.#buffersFull = buffersFull;
    this.#onOverload = onOverload;
  }

  /** The current overload, if any. */
  get overload(): Overload | undefined {
    return this.#buffersFull() ? 'memory' : this.#overload;
  }

  /** Starts checking; returns a function that stops it. */
  start(): () => void {
    let due = performance.now() + INTERVAL;
    const timer = setInterval(() => {
      const now = performance.now();
      this.#check(Math.max(0, now - due), now);
      due = now + INTERVAL;
    }, INTERVAL);
    timer.unref();
    return () => clearInterval(timer);
  }

  #check(lag: number, now: number): void {
    this.lag = lag;
    const { used: heapUsed, limit: heapLimit } = oldGeneration();
    const load = { lag, heapUsed, heapLimit };
    const found = overload(load, this.#limits);
    if (found === 'late') this.#lateUntil = now + LATE_PERIOD;
    this.#overload = found ?? (now < this.#lateUntil ? 'late' : undefined);
    const what = this.overload;
    if (what !== undefined && what !== this.#reported) this.#onOverload(what, lag);
    this.#reported = what;
  }
}
