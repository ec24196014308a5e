import { type PlayerRates, PlayerThrottle } from '../limits/player-throttle.js';
import { Connection, type Link } from './connection.js';
import { PauseReason } from './pause-reason.js';

/**
 * The shortest pause, in milliseconds. Messages that arrive during a pause are then read together: a
 * pause for each message would cost more than the message.
 */
const SHORTEST_PAUSE = 50;

/** A connection that is read no faster than its rates allow. Nothing is dropped. */
export class ThrottledConnection extends Connection {
  readonly #rates: PlayerRates;
  #throttle: PlayerThrottle | undefined;
  #pauseTimer: NodeJS.Timeout | undefined;

  constructor(link: Link, rates: PlayerRates) {
    super(link);
    this.#rates = rates;
  }

  protected override served(bytes: number): void {
    this.#throttle ??= new PlayerThrottle(this.#rates);
    const wait = this.#throttle.spend(bytes);
    if (wait > 0) this.#pauseFor(wait);
  }

  protected override ended(_code: number): void {
    clearTimeout(this.#pauseTimer);
  }

  #pauseFor(milliseconds: number): void {
    if (this.#pauseTimer !== undefined || !this.outbox.open) return;
    this.pauseReading(PauseReason.rate);
    this.#pauseTimer = setTimeout(
      () => {
        this.#pauseTimer = undefined;
        this.resumeReading(PauseReason.rate);
      },
      Math.max(SHORTEST_PAUSE, milliseconds),
    );
  }
}
