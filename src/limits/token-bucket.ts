/**
 * A token bucket: it gets `rate` tokens per second, up to `burst`. The caller passes the time, in
 * milliseconds of a monotonic clock.
 */
export class TokenBucket {
  readonly #rate: number;
  readonly #burst: number;
  #tokens: number;
  #at: number;

  constructor({ rate, burst }: { readonly rate: number; readonly burst: number }, now: number) {
    this.#rate = rate;
    this.#burst = burst;
    this.#tokens = burst;
    this.#at = now;
  }

  /** Whether there are enough tokens. */
  has(count: number, now: number): boolean {
    this.#refill(now);
    return this.#tokens >= count;
  }

  /** Takes tokens if there are enough; otherwise takes none. */
  tryTake(count: number, now: number): boolean {
    const enough = this.has(count, now);
    if (enough) this.take(count);
    return enough;
  }

  /** Takes tokens even if there are not enough. Does not need the time. */
  take(count: number): void {
    this.#tokens -= count;
  }

  /** Whether more tokens were taken than there were. */
  get overdrawn(): boolean {
    return this.#tokens < 0;
  }

  /** How long until the bucket is not overdrawn any more, in milliseconds; 0 if it is not. */
  debt(now: number): number {
    this.#refill(now);
    return this.#tokens >= 0 ? 0 : Math.ceil((-this.#tokens / this.#rate) * 1000);
  }

  #refill(now: number): void {
    const seconds = (now - this.#at) / 1000;
    this.#at = now;
    this.#tokens = Math.min(this.#burst, this.#tokens + seconds * this.#rate);
  }
}
