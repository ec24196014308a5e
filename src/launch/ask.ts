import type { Party, Place } from '../protocol/matchmaking.js';

export type { Party, Place };

/** A player asks for a seat on a game server. */
export interface AskRequest {
  readonly game: string;
  readonly version: string;
  /** The player's whole address, which game servers may be told. */
  readonly clientAddress: string;
  /** The players who ask with the same ticket get seats on one server. */
  readonly party: Party | undefined;
  /**
   * Call it before a server is started for this player, which it counts.
   *
   * @returns why none may be started: too many were for the player's address
   */
  mayStart(): LaunchError | undefined;
}

/** A game that is served. */
export interface Offer {
  readonly game: string;
  readonly version: string;
  /** Whether its players get the address of a server or the code of a room. */
  readonly place: Place['is'];
}

/** Is told how a player's request is doing: `accepted`, any progress, then `ready` or `failed`. */
export interface AskListener {
  /** The session exists. Its id is letters, digits and hyphens. */
  accepted(session: string): void;
  /**
   * A few words at each change, such as `Deploying`. Players get the elapsed seconds with them, and
   * get them again every second.
   */
  progress(words: string): void;
  ready(place: Place): void;
  failed(error: LaunchError): void;
}

/** A request that is being answered. */
export interface Ask {
  /** The player has left: its seat is free at once. Harmless after the end. */
  cancel(): void;
}

/** Where requests for game servers are answered. */
export interface Matchmaker {
  /**
   * Finds a game that is served: without a name the default game, without a version the first one
   * that the configuration has of this game.
   */
  find(game: string | undefined, version: string | undefined): Offer | undefined;
  /**
   * Asks for a seat in a game that `find` has found. Never calls the listener synchronously, and
   * always calls `ready` or `failed` in the end, unless the request is cancelled.
   */
  ask(request: AskRequest, listener: AskListener): Ask;
}

/** Why a player gets no seat, with the status that HTTP has for it. */
export class LaunchError extends Error {
  override readonly name = 'LaunchError';
  readonly status: 400 | 403 | 404 | 408 | 409 | 429 | 500 | 502 | 503;

  constructor(status: LaunchError['status'], message: string) {
    super(message);
    this.status = status;
  }
}
