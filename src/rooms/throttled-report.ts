import type { Timers } from './timers.js';

/** Reports changes: the first one at once, and the changes within a period after it together. */
export class ThrottledReport {
  readonly #timers: Timers;
  readonly #period: number;
  readonly #report: () => void;
  #stopTimer: (() => void) | undefined;
  #isDue = false;

  /** @param period the shortest time between two reports, in milliseconds */
  constructor(timers: Timers, period: number, report: () => void) {
    this.#timers = timers;
    this.#period = period;
    this.#report = report;
  }

  /** Something has changed. */
  changed(): void {
    if (this.#stopTimer === undefined) this.#reportNow();
    else this.#isDue = true;
  }

  /** Drops a report that is due. */
  stop(): void {
    this.#stopTimer?.();
    this.#stopTimer = undefined;
    this.#isDue = false;
  }

  #reportNow(): void {
    this.#isDue = false;
    this.#stopTimer = this.#timers.after(this.#period, () => {
      this.#stopTimer = undefined;
      if (this.#isDue) this.#reportNow();
    });
    this.#report();
  }
}
