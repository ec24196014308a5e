import { TokenBucket } from '../token-bucket.js';
import type { SessionEffects } from './session-effects.js';

/**
 * How much may be retransmitted before the other end acknowledges some of it, or a pause ends, in
 * bytes. It is more than an end acknowledges at once, so an end that acknowledges never waits; an end
 * that only asks does not make this one send everything again and again.
 */
const RETRANSMIT_BUDGET = 131_072;

/** Greetings and pings that are answered: a burst, and a rate per second. */
const ANSWER_BURST = 40;
const ANSWER_RATE = 4;

/** How many greetings a new page counts as, because games may send it much. */
const RESTART_COST = 8;

/** Limits how much work the other end of a session can cause. */
export class Pace {
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

  /** Bytes were acknowledged, or no longer count because a pause has ended. */
  arrived(bytes: number): void {
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
    this.arrived(RETRANSMIT_BUDGET);
    if (!this.mayRetransmit) this.pause();
  }
}
