import type { StopTimer, Timers } from '../../src/launch/timers.js';

/** A clock that a test advances, and the timers of it. */
export class TestTimers implements Timers {
  readonly #timers = new Set<{ readonly at: number; readonly action: () => void }>();
  #now = 1000;

  now(): number {
    return this.#now;
  }

  after(milliseconds: number, action: () => void): StopTimer {
    const timer = { at: this.#now + milliseconds, action };
    this.#timers.add(timer);
    return () => this.#timers.delete(timer);
  }

  /** How many timers run. */
  get running(): number {
    return this.#timers.size;
  }

  /** Lets so many seconds pass; timers end in their order. */
  pass(seconds: number): void {
    const end = this.#now + seconds * 1000;
    for (let next = this.#next(end); next !== undefined; next = this.#next(end)) {
      this.#timers.delete(next);
      this.#now = next.at;
      next.action();
    }
    this.#now = end;
  }

  #next(end: number) {
    return [...this.#timers].filter(({ at }) => at <= end).toSorted((a, b) => a.at - b.at)[0];
  }
}
