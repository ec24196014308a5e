import { type TimeFrame, writeTime } from './envelope.js';
import type { PeerLimiter } from './peer-limiter.js';
import type { SessionEffects } from './session-effects.js';

/** The `origin` of a notice whose sender answers time frames. Earlier versions of the SDK send 0. */
export const ANSWERS_TIME = 1;

/**
 * Measures the time to the other end and back, at both ends by three frames: one end sends its time, the
 * other sends it back with its own, and the first sends that back. An end that gets no answer measures
 * nothing.
 */
export class RoundTrip {
  readonly #effects: Pick<SessionEffects, 'send' | 'now' | 'measured'>;
  readonly #limiter: PeerLimiter;
  /** The time in the last frame of this end, until the other end sends it back; NaN if there is none. */
  #sent = Number.NaN;

  constructor(effects: Pick<SessionEffects, 'send' | 'now' | 'measured'>, limiter: PeerLimiter) {
    this.#effects = effects;
    this.#limiter = limiter;
  }

  /** Sends the first frame. Earlier versions of the SDK do not know it. */
  measure(): void {
    this.#send(Number.NaN);
  }

  receive({ time, echo }: TimeFrame): void {
    if (echo === this.#sent) {
      this.#sent = Number.NaN;
      this.#effects.measured?.(this.#effects.now() - echo, time);
    }
    if (Number.isNaN(time) || !this.#limiter.mayAnswer()) return;
    if (Number.isNaN(echo)) this.#send(time);
    else this.#effects.send(writeTime({ time: Number.NaN, echo: time }));
  }

  /** What is in transit may be lost, or arrive much later. */
  connectionLost(): void {
    this.#sent = Number.NaN;
  }

  #send(echo: number): void {
    this.#sent = this.#effects.now();
    this.#effects.send(writeTime({ time: this.#sent, echo }));
  }
}
