import { AddressBuckets } from './address-buckets.js';
import { networksOf } from './networks.js';
import { RecentMap } from './recent-map.js';

/** How long the same wrong code is not counted again, in milliseconds. */
const SAME_CODE = 60_000;

/** The most misses that are stored, of all addresses together. */
const MAX_STORED = 65_536;

/**
 * Counts wrong codes per address. Each distinct code counts once a minute: a phone that tries the
 * same old code again and again does not block other phones of its address. When an address or one
 * of its networks has no tokens left, right and wrong codes are refused until one is refilled.
 */
export class Misses {
  readonly #buckets: AddressBuckets;
  readonly #recent = new RecentMap<number>(MAX_STORED);

  /** @param perMinute 0 for no limit */
  constructor(perMinute: number) {
    this.#buckets = new AddressBuckets(perMinute);
  }

  /** Whether the address has no tokens left. */
  usedUp(address: string, now: number): boolean {
    return this.#buckets.isEmpty(address, now);
  }

  /** The address has tried this wrong code. */
  count(address: string, code: string, now: number): void {
    for (const network of networksOf(address)) {
      const key = `${network.name} ${code}`;
      const last = this.#recent.get(key);
      if (last !== undefined && now - last < SAME_CODE) continue;
      this.#recent.set(key, now);
      this.#buckets.take(network, now);
    }
  }
}
