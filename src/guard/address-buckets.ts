import { TokenBucket } from './token-bucket.js';

/** Addresses remembered at most: the one that was seen longest ago is forgotten first. */
const MAX_ADDRESSES = 65_536;

/** So many things a minute for each address, as many at once, refilled continuously. */
export class AddressBuckets {
  readonly #perMinute: number;
  readonly #buckets = new Map<string, TokenBucket>();

  /** @param perMinute 0 for no limit */
  constructor(perMinute: number) {
    this.#perMinute = perMinute;
  }

  /** Takes one of the address's tokens; false if it has none. */
  tryTake(address: string, now: number): boolean {
    return this.#perMinute === 0 || this.#bucketOf(address, now).tryTake(1, now);
  }

  /** Whether `tryTake` would give false. */
  isEmpty(address: string, now: number): boolean {
    return this.#buckets.get(address)?.has(1, now) === false;
  }

  get size(): number {
    return this.#buckets.size;
  }

  #bucketOf(address: string, now: number): TokenBucket {
    let bucket = this.#buckets.get(address);
    if (bucket === undefined) {
      bucket = new TokenBucket({ rate: this.#perMinute / 60, burst: this.#perMinute }, now);
    }
    // A Map keeps the order of insertion: what was used last moves to its end.
    this.#buckets.delete(address);
    this.#buckets.set(address, bucket);
    forgetOldest(this.#buckets, MAX_ADDRESSES);
    return bucket;
  }
}

/** Keeps a map from growing beyond a bound, its first entries being its oldest. */
export function forgetOldest(map: Map<string, unknown>, bound: number): void {
  for (const key of map.keys()) {
    if (map.size <= bound) return;
    map.delete(key);
  }
}
