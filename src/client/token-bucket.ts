import type { Clock } from './api.js';

/** Limits events to a burst, and after that to a rate per second. */
export class TokenBucket {
  readonly #clock: Pick<Clock, 'now'>;
  readonly #burst: number;
  readonly #perSecond: number;
  #tokens: number;
  #refilledAt: number;

  constructor(clock: Pick<Clock, 'now'>, burst: number, perSecond: number) {
    this.#clock = clock;
    this.#burst = burst;
    this.#perSecond = perSecond;
    this.#tokens = burst;
    this.#refilledAt = clock.now();
  }

  /** Takes tokens for one event. Returns false if there are not enough. */
  take(cost = 1): boolean {
    const now = this.#clock.now();
    const refill = ((now - this.#refilledAt) / 1000) * this.#perSecond;
    this.#tokens = Math.min(this.#burst, this.#tokens + refill);
    this.#refilledAt = now;
    if (this.#tokens < cost) return false;
    this.#tokens -= cost;
    return true;
  }
}
