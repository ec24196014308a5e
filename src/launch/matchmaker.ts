import type { Party, Place } from '../protocol/matchmaking.js';

export type { Party, Place };

/** A player's request for a seat on a game server. */
export interface PlaceRequest {
  readonly game: string;
  readonly version: string;
  /** The player's full address, which launchers may pass on. */
  readonly clientAddress: string;
  /** Players whose requests have the same ticket get seats on one server. */
  readonly party: Party | undefined;
  /**
   * Must be called before a server is started for this player. Counts the start.
   *
   * @returns an error if too many servers were started for the player's address
   */
  mayStart(): LaunchError | undefined;
}

/** A game that this matchmaker serves. */
export interface ServedGame {
  readonly game: string;
  readonly version: string;
  /** Whether its players get the address of a server or the code of a room. */
  readonly place: Place['is'];
}

/** Gets the progress of a player's request: `accepted`, any progress, then `ready` or `failed`. */
export interface PlaceListener {
  /** The session exists. Its id is letters, digits and hyphens. */
  accepted(session: string): void;
  /**
   * The status at each change, such as `Deploying`. Players get it with the elapsed seconds, and again
   * every second.
   */
  progress(status: string): void;
  ready(place: Place): void;
  failed(error: LaunchError): void;
}

/** An open request. */
export interface PendingRequest {
  /** The player has left, and the seat is free at once. Does nothing after the end. */
  cancel(): void;
}

/** Answers requests for game servers. */
export interface Matchmaker {
  /**
   * Finds a game that is served: without a name the default game, without a version the game's first
   * version in the configuration.
   */
  find(game: string | undefined, version: string | undefined): ServedGame | undefined;
  /**
   * Requests a seat in a game that `find` has returned. Never calls the listener synchronously. Always
   * calls `ready` or `failed` at the end, unless the request is cancelled.
   */
  requestPlace(request: PlaceRequest, listener: PlaceListener): PendingRequest;
}

/** The reason why a player gets no seat, with an HTTP status. */
export class LaunchError extends Error {
  override readonly name = 'LaunchError';
  readonly status: 400 | 403 | 404 | 408 | 409 | 429 | 500 | 502 | 503;

  constructor(status: LaunchError['status'], message: string) {
    super(message);
    this.status = status;
  }
}
