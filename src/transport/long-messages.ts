import { performance } from 'node:perf_hooks';
import { READ_TIME } from './turn-budget.js';

/** Messages from this length on, in bytes, may take longer than the time for reading in a turn. */
export const LONG_MESSAGE = 64 * 1024;

/** The longest pause, in milliseconds: a machine that has stood still must not cause a longer one. */
const MAX_PAUSE = 100;

/**
 * Keeps long messages apart. One may take 30 ms, because it cannot be handled in parts. Several in a row
 * would delay a short message, and then its answer, by several of them. So after each, others have as
 * much time as it took.
 */
export class LongMessages {
  /** When the next one may be handled; 0 for at once. */
  #next = 0;

  /** One has been handled, which took so many milliseconds. */
  handled(took: number): void {
    if (took > READ_TIME) this.#next = performance.now() + Math.min(took, MAX_PAUSE);
  }

  /** How long the next one has to wait, in milliseconds. */
  get wait(): number {
    if (this.#next === 0) return 0;
    const left = this.#next - performance.now();
    if (left <= 0) this.#next = 0;
    return Math.max(0, left);
  }
}
