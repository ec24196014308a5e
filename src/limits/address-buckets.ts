import { type Network, networksOf } from './networks.js';
import { RecentMap } from './recent-map.js';
import { TokenBucket } from './token-bucket.js';

/** The most addresses and networks that are stored. */
const MAX_ADDRESSES = 65_536;

/**
 * A rate limit per address: a token bucket with `perMinute` tokens, refilled continuously. Each
 * network of the address has a bucket of its own, larger by its share.
 */
export class AddressBuckets {
  readonly #perMinute: number;
  readonly #buckets = new RecentMap<TokenBucket>(MAX_ADDRESSES);

  /** @param perMinute 0 for no limit */
  constructor(perMinute: number) {
    this.#perMinute = perMinute;
  }

  /** Takes one token from the address and each of its networks; false if any of them has none. */
  tryTake(address: string, now: number): boolean {
    if (this.isEmpty(address, now)) return false;
    for (const network of networksOf(address)) this.take(network, now);
    return true;
  }

  /** Takes one token from this network alone, if it has one. */
  take(network: Network, now: number): void {
    if (this.#perMinute === 0) return;
    const bucket = this.#buckets.get(network.name) ?? this.#newBucket(network, now);
    this.#buckets.set(network.name, bucket);
    bucket.tryTake(1, now);
  }

  /** Whether `tryTake` would return false. */
  isEmpty(address: string, now: number): boolean {
    return networksOf(address).some(({ name }) => this.#buckets.get(name)?.has(1, now) === false);
  }

  /** How many addresses and networks are stored. */
  get size(): number {
    return this.#buckets.size;
  }

  #newBucket({ share }: Network, now: number): TokenBucket {
    const burst = share * this.#perMinute;
    return new TokenBucket({ rate: burst / 60, burst }, now);
  }
}
