import { performance } from 'node:perf_hooks';
import { READ_TIME } from './turn-budget.js';

/** Messages from this length on, in bytes, may take longer than the time for reading in a turn. */
export const LONG_MESSAGE = 64 * 1024;

/** The longest pause, in milliseconds: a machine that has stood still must not cause a longer one. */
const MAX_PAUSE = 100;

/** With more pauses than this, those that are over are dropped. */
const MANY = 1000;

/**
 * Keeps long messages of one address apart. One may take 30 ms, because it cannot be handled in parts.
 * Several in a row would delay a short message of somebody else, and then its answer, by several of them.
 * So after each, others have as much time as it took.
 */
export class LongMessages {
  /** When the next one of these addresses may be handled. */
  readonly #next = new Map<string, number>();

  /** One of this address has been handled, which took so many milliseconds. */
  handled(address: string, took: number): void {
    if (took <= READ_TIME) return;
    const now = performance.now();
    this.#next.set(address, now + Math.min(took, MAX_PAUSE));
    if (this.#next.size > MANY) this.#dropOld(now);
  }

  /** How long the next one of this address has to wait, in milliseconds. */
  waitOf(address: string): number {
    if (this.#next.size === 0) return 0;
    const next = this.#next.get(address);
    if (next === undefined) return 0;
    const left = next - performance.now();
    if (left <= 0) this.#next.delete(address);
    return Math.max(0, left);
  }

  #dropOld(now: number): void {
    for (const [address, next] of this.#next) if (next <= now) this.#next.delete(address);
  }
}
