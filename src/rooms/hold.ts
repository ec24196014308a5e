import { AwayHost } from './away-host.js';
import { AwayPlayer } from './away-player.js';
import { ResumeToken } from './resume-token.js';
import type { SavedRoom } from './saved-room.js';
import type { Seat } from './seat.js';

/** What waiting needs of the place that keeps all rooms. */
export interface HoldKeeper {
  /** How long a room may ask to wait for those who are away, in seconds. */
  readonly maxHold: number;
  /** How much is kept for a player who is away, in bytes. */
  readonly keep: number;
  /** How much is kept for a host that is away, in bytes. */
  readonly hostBacklog: number;
  /** Does something after so many milliseconds, unless it is called off by what this returns. */
  after(milliseconds: number, action: () => void): () => void;
}

/**
 * How a room waits for those who are away: how long, what is kept for them, and by what its host is
 * known again. It only waits; what comes of that is the room's to say.
 */
export class Hold {
  readonly token: ResumeToken;
  readonly #seconds: number;
  readonly #keeper: HoldKeeper;
  #stopAwaitingHost: (() => void) | undefined;

  private constructor(seconds: number, token: ResumeToken, keeper: HoldKeeper) {
    this.#seconds = seconds;
    this.token = token;
    this.#keeper = keeper;
  }

  /** What a host has asked for, within the limit; `undefined` if nobody is to be waited for. */
  static ask(seconds: number, keeper: HoldKeeper): Hold | undefined {
    const bounded = Math.min(seconds, keeper.maxHold);
    return bounded > 0 ? new Hold(bounded, ResumeToken.draw(), keeper) : undefined;
  }

  /** As it was written down, within the limit that holds now. */
  static restore({ hold, resume }: SavedRoom, keeper: HoldKeeper): Hold {
    return new Hold(Math.min(hold, keeper.maxHold), new ResumeToken(resume), keeper);
  }

  /** What is written down of it. */
  get saved(): Pick<SavedRoom, 'hold' | 'resume'> {
    return { hold: this.#seconds, resume: this.token.hash };
  }

  /** Keeps this player's seat, and what is sent there; if nobody sits down in time, gives up. */
  awaitPlayer(seat: Seat, giveUp: () => void): void {
    seat.peer = new AwayPlayer(this.#keeper.keep);
    seat.stopWaiting = this.#keeper.after(this.#seconds * 1000, giveUp);
  }

  /**
   * Waits for the host, and gives up if it is not back in time.
   *
   * @param onFull no more can be kept for it
   * @returns who keeps what it is told
   */
  awaitHost(onFull: () => void, giveUp: () => void): AwayHost {
    this.token.forget();
    this.#stopAwaitingHost = this.#keeper.after(this.#seconds * 1000, giveUp);
    return new AwayHost(this.#keeper.hostBacklog, onFull);
  }

  /** The host is there again, and has brought the token. */
  hostIsBack(token: string): void {
    this.stop();
    this.token.known(token);
  }

  /** Does not wait for the host any more. A seat that is left ends its wait itself. */
  stop(): void {
    this.#stopAwaitingHost?.();
  }
}
