import { TokenBucket } from '../token-bucket.js';
import type { SessionEffects } from './session-effects.js';

/**
 * How many bytes may be retransmitted before the other end acknowledges some, or a pause ends. It is
 * larger than the amount after which an end acknowledges at once, so that it delays no end that does
 * acknowledge. An end that only asks cannot cause repeated retransmission of everything.
 */
const RETRANSMIT_BUDGET = 131_072;

/** How many greetings and pings are answered: a burst, and a rate per second. */
const ANSWER_BURST = 40;
const ANSWER_RATE = 4;

/** The cost of a new page, in greetings: a game may send much data to it. */
const RESTART_COST = 8;

/** Limits the work that the other end of a session can cause. */
export class PeerLimiter {
  readonly #effects: Pick<SessionEffects, 'pause'>;
  readonly #answers: TokenBucket;
  /** Retransmitted bytes that are neither acknowledged nor released by a pause. */
  #outstanding = 0;
  #isPaused = false;

  constructor(effects: Pick<SessionEffects, 'pause' | 'now'>) {
    this.#effects = effects;
    this.#answers = new TokenBucket(effects, ANSWER_BURST, ANSWER_RATE);
  }

  /** Whether one more greeting or ping is answered. */
  mayAnswer(isRestart = false): boolean {
    return this.#answers.take(isRestart ? RESTART_COST : 1);
  }

  /** Whether more may be retransmitted now. */
  get mayRetransmit(): boolean {
    return this.#outstanding < RETRANSMIT_BUDGET;
  }

  retransmitted(bytes: number): void {
    this.#outstanding += bytes;
  }

  /** The other end has acknowledged bytes, or a pause releases them. */
  acked(bytes: number): void {
    this.#outstanding = Math.max(0, this.#outstanding - bytes);
  }

  /** Begins a pause, unless there is one already. */
  pause(): void {
    if (this.#isPaused) return;
    this.#isPaused = true;
    this.#effects.pause();
  }

  pauseEnded(): void {
    this.#isPaused = false;
    this.acked(RETRANSMIT_BUDGET);
    if (!this.mayRetransmit) this.pause();
  }
}
