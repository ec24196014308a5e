import { performance } from 'node:perf_hooks';
import { networksOf } from '../limits/networks.js';
import { RecentMap } from '../limits/recent-map.js';
import { READ_TIME } from './turn-budget.js';

/** Messages from this length on, in bytes, may take longer than the time for reading in a turn. */
export const LONG_MESSAGE = 64 * 1024;

/** The longest pause, in milliseconds: a machine that has stood still must not cause a longer one. */
const MAX_PAUSE = 100;

/** How many pauses are stored. At most some thirty last at a time, because each message takes its time. */
const MAX_STORED = 1000;

/**
 * Keeps long messages of one address, or of one IPv6 /48, apart. One may take 30 ms, because it cannot be handled in parts.
 * Several in a row would delay a short message of somebody else, and then its answer, by several of them.
 * So after each, others have as much time as it took.
 */
export class LongMessages {
  /** When the next one of these networks may be handled. */
  readonly #next = new RecentMap<number>(MAX_STORED);

  /** One of this address has been handled, which took so many milliseconds. */
  handled(address: string, took: number): void {
    if (took <= READ_TIME) return;
    this.#next.set(widestOf(address), performance.now() + Math.min(took, MAX_PAUSE));
  }

  /** How long the next one of this address has to wait, in milliseconds. */
  waitOf(address: string): number {
    if (this.#next.size === 0) return 0;
    const network = widestOf(address);
    const next = this.#next.get(network);
    if (next === undefined) return 0;
    const left = next - performance.now();
    if (left <= 0) this.#next.delete(network);
    return Math.max(0, left);
  }
}

/** The widest network that one customer may have. */
function widestOf(address: string): string {
  return networksOf(address).at(-1)?.name ?? address;
}
