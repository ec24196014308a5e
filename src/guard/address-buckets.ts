import { RecentMap } from './recent-map.js';
import { TokenBucket } from './token-bucket.js';

/** Addresses remembered at most. */
const MAX_ADDRESSES = 65_536;

/** So many things a minute for each address, as many at once, refilled continuously. */
export class AddressBuckets {
  readonly #perMinute: number;
  readonly #buckets = new RecentMap<TokenBucket>(MAX_ADDRESSES);

  /** @param perMinute 0 for no limit */
  constructor(perMinute: number) {
    this.#perMinute = perMinute;
  }

  /** Takes one of the address's tokens; false if it has none. */
  tryTake(address: string, now: number): boolean {
    if (this.#perMinute === 0) return true;
    const bucket =
      this.#buckets.get(address) ??
      new TokenBucket({ rate: this.#perMinute / 60, burst: this.#perMinute }, now);
    this.#buckets.set(address, bucket);
    return bucket.tryTake(1, now);
  }

  /** Whether `tryTake` would give false. */
  isEmpty(address: string, now: number): boolean {
    return this.#buckets.get(address)?.has(1, now) === false;
  }

  /** How many addresses are remembered. */
  get size(): number {
    return this.#buckets.size;
  }
}
