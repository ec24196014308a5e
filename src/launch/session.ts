import { randomBytes } from 'node:crypto';
import type { AskListener, AskRequest, LaunchError, Place } from './ask.js';
import type { GameConfig } from './config/games.js';
import type { StopTimer } from './timers.js';

/** All transitions are in `Session`. */
type SessionState =
  /** Its player waits: for the rest of the party, or until the server is ready. */
  | { readonly is: 'waiting'; readonly listener: AskListener }
  /** Its player was told where the server is, and has not connected yet. */
  | { readonly is: 'reserved'; readonly stopTimer: StopTimer }
  /** Its player is connected to the server. */
  | { readonly is: 'claimed' }
  | { readonly is: 'over' };

/** What a session is known by. */
export interface SessionIdentity {
  /** Letters, digits and hyphens. */
  readonly id: string;
  /** The player's id in its connect token: a random number of 64 bits. */
  readonly client: bigint;
}

/** One player's use of a game server, from the request until the player has left the server. */
export class Session implements SessionIdentity {
  readonly id: string;
  readonly client = randomBytes(8).readBigUInt64LE();
  readonly game: GameConfig;
  readonly clientAddress: string;
  /** Whether a server may be started for this player; counts it. */
  readonly mayStart: AskRequest['mayStart'];
  #state: SessionState;
  #isAccepted = false;
  readonly #cleanUps: (() => void)[] = [];

  constructor(
    id: string,
    game: GameConfig,
    { clientAddress, mayStart }: Pick<AskRequest, 'clientAddress' | 'mayStart'>,
    listener: AskListener,
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

  /** Calls this once when the session is over, whatever ends it. */
  onOver(cleanUp: () => void): void {
    this.#cleanUps.push(cleanUp);
  }

  /** Tells the player once that the session exists. */
  accept(): void {
    if (this.#isAccepted || this.#state.is !== 'waiting') return;
    this.#isAccepted = true;
    this.#state.listener.accepted(this.id);
  }

  progress(words: string): void {
    if (this.#state.is === 'waiting') this.#state.listener.progress(words);
  }

  /** Tells the player where to connect, which it must do before the timer ends the session. */
  reserve(place: Place, startTimer: () => StopTimer): void {
    if (this.#state.is !== 'waiting') return;
    const { listener } = this.#state;
    this.#state = { is: 'reserved', stopTimer: startTimer() };
    listener.ready(place);
  }

  /** The player has connected. Returns whether it may be there. */
  claim(): boolean {
    if (this.#state.is === 'reserved') {
      this.#state.stopTimer();
      this.#state = { is: 'claimed' };
    }
    return this.#state.is === 'claimed';
  }

  /** Ends the session. A player who waits is told this error. */
  fail(error: LaunchError): void {
    const state = this.#state;
    this.end();
    if (state.is === 'waiting') state.listener.failed(error);
  }

  /** Ends the session without telling the player. */
  end(): void {
    if (this.#state.is === 'over') return;
    if (this.#state.is === 'reserved') this.#state.stopTimer();
    this.#state = { is: 'over' };
    for (const cleanUp of this.#cleanUps) cleanUp();
  }
}
