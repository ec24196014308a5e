import { TokenBucket } from '../guard/token-bucket.js';
import { type Connection, HOLD } from './connection.js';

export interface PlayerRates {
  /** Messages a second, ten times that at once; 0 for any number. */
  readonly playerMessages: number;
  /** Bytes a second, four times that at once; 0 for any number. */
  readonly playerBytes: number;
}

const MESSAGE_BURST = 10;
const BYTE_BURST = 4;

/** Slows a player down who sends too much, by not reading. Nothing is dropped. */
export class Throttle {
  readonly #connection: Connection;
  readonly #messages: TokenBucket | undefined;
  readonly #bytes: TokenBucket | undefined;
  #timer: NodeJS.Timeout | undefined;

  constructor(connection: Connection, { playerMessages, playerBytes }: PlayerRates) {
    this.#connection = connection;
    this.#messages = bucket(playerMessages, MESSAGE_BURST);
    this.#bytes = bucket(playerBytes, BYTE_BURST);
  }

  /** Counts a message that has just been passed on. */
  spend(bytes: number): void {
    this.#messages?.take(1);
    this.#bytes?.take(bytes);
    if (this.#messages?.overdrawn || this.#bytes?.overdrawn) this.#wait();
  }

  stop(): void {
    clearTimeout(this.#timer);
  }

  #wait(): void {
    const now = performance.now();
    const debt = Math.max(this.#messages?.debt(now) ?? 0, this.#bytes?.debt(now) ?? 0);
    if (debt === 0 || this.#timer !== undefined) return;
    this.#connection.hold(HOLD.rate);
    this.#timer = setTimeout(() => {
      this.#timer = undefined;
      this.#connection.release(HOLD.rate);
    }, debt);
  }
}

function bucket(rate: number, burst: number): TokenBucket | undefined {
  return rate === 0 ? undefined : new TokenBucket({ rate, burst: rate * burst }, performance.now());
}
