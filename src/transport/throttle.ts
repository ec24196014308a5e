import { TokenBucket } from '../guard/token-bucket.js';

export interface PlayerRates {
  /** Messages a second, ten times that at once; 0 for any number. */
  readonly playerMessages: number;
  /** Bytes a second, four times that at once; 0 for any number. */
  readonly playerBytes: number;
}

const MESSAGE_BURST = 10;
const BYTE_BURST = 4;

/** Tells how long a player who sends too much is not to be read. */
export class Throttle {
  readonly #messages: TokenBucket | undefined;
  readonly #bytes: TokenBucket | undefined;

  constructor({ playerMessages, playerBytes }: PlayerRates) {
    this.#messages = bucket(playerMessages, MESSAGE_BURST);
    this.#bytes = bucket(playerBytes, BYTE_BURST);
  }

  /**
   * Counts a message that has been passed on.
   *
   * @returns how long to wait before the next one is read, in milliseconds
   */
  spend(bytes: number): number {
    this.#messages?.take(1);
    this.#bytes?.take(bytes);
    // The clock is looked at only when it seems that there was too much.
    if (!this.#messages?.overdrawn && !this.#bytes?.overdrawn) return 0;
    const now = performance.now();
    return Math.max(this.#messages?.debt(now) ?? 0, this.#bytes?.debt(now) ?? 0);
  }
}

function bucket(rate: number, burst: number): TokenBucket | undefined {
  return rate === 0 ? undefined : new TokenBucket({ rate, burst: rate * burst }, performance.now());
}
