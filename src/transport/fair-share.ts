import { performance } from 'node:perf_hooks';

/** How long one connection may be served before all others have their turn, in milliseconds. */
const MAX_TIME = 5;

/** After how much the clock is looked at, in small messages. Most turns are over before. */
const LOOK_EVERY = 16;

/** A large message counts as several small ones: each so many bytes, as a power of two. */
const SMALL_BITS = 12;

/**
 * One connection's share of a turn of the event loop: thousands of tiny broadcasts can come in one
 * piece, and all other rooms would wait for them.
 */
export class FairShare {
  #turn = 0;
  #unlooked = 0;
  #start = 0;

  /** Counts a message of so many bytes that was served in this turn; true when it was enough. */
  use(bytes: number, turn: number): boolean {
    if (this.#turn !== turn) {
      this.#turn = turn;
      this.renew();
    }
    this.#unlooked += 1 + (bytes >>> SMALL_BITS);
    if (this.#unlooked < LOOK_EVERY) return false;
    this.#unlooked = 0;
    const now = performance.now();
    if (this.#start === 0) this.#start = now;
    return now - this.#start >= MAX_TIME;
  }

  /** A new share, because the others have had theirs. */
  renew(): void {
    this.#unlooked = 0;
    this.#start = 0;
  }
}
