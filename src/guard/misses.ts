import { AddressBuckets } from './address-buckets.js';
import { RecentMap } from './recent-map.js';

/** How long a code that was missed is not counted again, in milliseconds. */
const SAME_CODE = 60_000;

/** Misses remembered at most, of all addresses together. */
const MAX_REMEMBERED = 65_536;

/**
 * Who tries codes that do not exist. Only misses count, and each distinct code once a minute: a
 * phone that tries the same stale code again and again does not lock out its classroom. An
 * address whose misses are used up is refused right and wrong codes alike, until one is refilled.
 */
export class Misses {
  readonly #buckets: AddressBuckets;
  readonly #recent = new RecentMap<number>(MAX_REMEMBERED);

  /** @param perMinute 0 for no limit */
  constructor(perMinute: number) {
    this.#buckets = new AddressBuckets(perMinute);
  }

  /** Whether the address has to wait. */
  usedUp(address: string, now: number): boolean {
    return this.#buckets.isEmpty(address, now);
  }

  /** The address has tried this code, and there is no such room. */
  count(address: string, code: string, now: number): void {
    const key = `${address} ${code}`;
    const last = this.#recent.get(key);
    if (last !== undefined && now - last < SAME_CODE) return;
    this.#recent.set(key, now);
    this.#buckets.tryTake(address, now);
  }
}
