import { randomBytes } from 'node:crypto';
import type { GameConfig } from './config/games.js';
import type { LaunchError, Place, PlaceListener, PlaceRequest } from './matchmaker.js';
import type { StopTimer } from './timers.js';

/** All transitions are in `Session`. */
type SessionState =
  /** The player waits for the rest of the party, or for the server to be ready. */
  | { readonly is: 'waiting'; readonly listener: PlaceListener }
  /** The player has got the place, and has not connected yet. */
  | { readonly is: 'reserved'; readonly stopTimer: StopTimer }
  /** The player is connected to the server. */
  | { readonly is: 'claimed' }
  | { readonly is: 'over' };

/** The ids of a session. */
export interface SessionIdentity {
  /** Letters, digits and hyphens. */
  readonly id: string;
  /** The player's id in the connect token: a random 64-bit number. */
  readonly client: bigint;
}

/** A player's session on a game server, from the request until the player has left the server. */
export class Session implements SessionIdentity {
  readonly id: string;
  readonly client = randomBytes(8).readBigUInt64LE();
  readonly game: GameConfig;
  readonly clientAddress: string;
  /** See `PlaceRequest`. */
  readonly mayStart: PlaceRequest['mayStart'];
  #state: SessionState;
  #isAccepted = false;
  readonly #cleanUps: (() => void)[] = [];

  constructor(
    id: string,
    game: GameConfig,
    { clientAddress, mayStart }: Pick<PlaceRequest, 'clientAddress' | 'mayStart'>,
    listener: PlaceListener,
  ) {
    this.id = id;
    this.game = game;
    this.clientAddress = clientAddress;
    this.mayStart = mayStart;
    this.#state = { is: 'waiting', listener };
  }

  get state(): SessionState['is'] {
    return this.#state.is;
  }

  /** Adds a function that is called once when the session ends, for any reason. */
  onEnd(cleanUp: () => void): void {
    this.#cleanUps.push(cleanUp);
  }

  /** Reports to the player, once, that the session exists. */
  accept(): void {
    if (this.#isAccepted || this.#state.is !== 'waiting') return;
    this.#isAccepted = true;
    this.#state.listener.accepted(this.id);
  }

  progress(status: string): void {
    if (this.#state.is === 'waiting') this.#state.listener.progress(status);
  }

  /** Sends the player the place. The timer ends the session if the player does not connect in time. */
  reserve(place: Place, startTimer: () => StopTimer): void {
    if (this.#state.is !== 'waiting') return;
    const { listener } = this.#state;
    this.#state = { is: 'reserved', stopTimer: startTimer() };
    listener.ready(place);
  }

  /** The player has connected. Returns false if it has no seat. */
  claim(): boolean {
    if (this.#state.is === 'reserved') {
      this.#state.stopTimer();
      this.#state = { is: 'claimed' };
    }
    return this.#state.is === 'claimed';
  }

  /** Ends the session. A player who waits gets this error. */
  fail(error: LaunchError): void {
    const state = this.#state;
    this.end();
    if (state.is === 'waiting') state.listener.failed(error);
  }

  /** Ends the session without an error for the player. */
  end(): void {
    if (this.#state.is === 'over') return;
    if (this.#state.is === 'reserved') this.#state.stopTimer();
    this.#state = { is: 'over' };
    for (const cleanUp of this.#cleanUps) cleanUp();
  }
}
