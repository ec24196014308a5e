import { TokenBucket } from './token-bucket.js';

export interface PlayerRates {
  /** Messages per second, with bursts of ten times that; 0 for no limit. */
  readonly playerMessages: number;
  /** Bytes per second, with bursts of four times that; 0 for no limit. */
  readonly playerBytes: number;
}

const MESSAGE_BURST = 10;
const BYTE_BURST = 4;

/** Decides how long reading from a player who sends too much pauses. */
export class PlayerThrottle {
  readonly #messages: TokenBucket | undefined;
  readonly #bytes: TokenBucket | undefined;

  constructor({ playerMessages, playerBytes }: PlayerRates) {
    this.#messages = bucket(playerMessages, MESSAGE_BURST);
    this.#bytes = bucket(playerBytes, BYTE_BURST);
  }

  /**
   * Counts a forwarded message.
   *
   * @returns how long to pause reading, in milliseconds
   */
  spend(bytes: number): number {
    this.#messages?.take(1);
    this.#bytes?.take(bytes);
    // Reading the clock is only needed when a bucket may be overdrawn.
    if (!this.#messages?.overdrawn && !this.#bytes?.overdrawn) return 0;
    const now = performance.now();
    return Math.max(this.#messages?.debt(now) ?? 0, this.#bytes?.debt(now) ?? 0);
  }
}

function bucket(rate: number, burst: number): TokenBucket | undefined {
  return rate === 0 ? undefined : new TokenBucket({ rate, burst: rate * burst }, performance.now());
}
