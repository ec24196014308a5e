import {
  LaunchError,
  type Matchmaker,
  type Place,
  type PlaceRequest,
} from '../../launch/matchmaker.js';
import type { Admission } from '../../limits/admission.js';
import { checkGame, REQUEST_ERRORS, RequestError } from '../../protocol/bevygap/read-request.js';
import { PLAYED_IN_ROOM } from '../../protocol/bevygap/values.js';
import { CLOSE_REASONS, type CloseReason } from '../../protocol/close-codes.js';
import type { Dialect } from '../../protocol/dialects.js';
import type { Party } from '../../protocol/matchmaking.js';
import { refusalStatus } from '../../protocol/refusal-status.js';
import { PlayRequest, type ProgressListener } from './play-request.js';

/** The name of this dialect in options, metrics and the log. */
export const BEVYGAP = 'bevygap' satisfies Dialect;

export interface PlayRequestsParts {
  readonly matchmaker: Matchmaker;
  readonly admission: Admission;
  /** Whether the relay is shutting down. */
  readonly rooms: { readonly draining: boolean };
  readonly log: {
    refused(
      reason: CloseReason,
      address: string,
      origin: string | undefined,
      dialect: string,
    ): void;
  };
}

/** A valid version, for checking a name without a version. */
const ANY_VERSION = '1';

/** The game that a player requests. */
export interface PlayQuery {
  /** `undefined` for the default game. */
  readonly game: string | undefined;
  /** `undefined` for the first version in the configuration. */
  readonly version: string | undefined;
  readonly party: Party | undefined;
  /** `server` if the player accepts only addresses of servers, `room` if it also accepts codes of rooms. */
  readonly accepts: Place['is'];
}

/** The client that sends a request. */
export interface Caller {
  /** The address to which limits apply. */
  readonly address: string;
  /** The full address, for servers; `undefined` if the client has given an invalid one. */
  readonly clientAddress: string | undefined;
  readonly origin: string | undefined;
}

/** All open requests, and the rules for accepting them. */
export class PlayRequests {
  readonly #parts: PlayRequestsParts;
  readonly #open = new Set<PlayRequest>();
  #closed = false;

  constructor(parts: PlayRequestsParts) {
    this.#parts = parts;
  }

  /** How many requests are open. */
  get size(): number {
    return this.#open.size;
  }

  /**
   * Checks a request, and counts it against the limits. Starting a server for it counts as opening a room.
   *
   * @param now in milliseconds
   * @throws {LaunchError | RequestError} if the request is refused
   */
  check(query: PlayQuery, caller: Caller, now: number): PlaceRequest {
    const { game, version } = this.#find(query);
    const { clientAddress } = caller;
    if (clientAddress === undefined) throw new LaunchError(400, REQUEST_ERRORS.clientIpInvalid);
    const reason = this.#refusal(caller, now);
    if (reason !== undefined) throw this.refuse(reason, caller);
    const mayStart = (): LaunchError | undefined => {
      const refusal = this.#parts.admission.openRoom(caller.address, performance.now());
      return refusal && this.refuse(refusal, caller);
    };
    return { game, version, clientAddress, party: query.party, mayStart };
  }

  /** Logs a refusal of the relay, and converts it to an error of this dialect. */
  refuse(reason: CloseReason, { address, origin }: Caller): LaunchError {
    this.#parts.log.refused(reason, address, origin, BEVYGAP);
    return refusalError(reason);
  }

  /** Starts a request that was checked. `send` is called with `acknowledged` synchronously. */
  begin(request: PlaceRequest, send: ProgressListener): PlayRequest {
    const playRequest = new PlayRequest(send, (ended) => this.#open.delete(ended));
    this.#open.add(playRequest);
    playRequest.begin(this.#parts.matchmaker, request);
    return playRequest;
  }

  /** Refuses further requests, and ends the open ones. */
  close(reason: CloseReason): void {
    this.#closed = true;
    for (const request of this.#open) request.abandon(refusalError(reason));
  }

  #find({ game, version, accepts }: PlayQuery): { game: string; version: string } {
    if (game !== undefined) checkGame({ game, version: version ?? ANY_VERSION });
    const served = this.#parts.matchmaker.find(game, version);
    if (served === undefined) throw new LaunchError(404, notServed(game, version));
    if (served.place === 'room' && accepts === 'server') throw new LaunchError(400, PLAYED_IN_ROOM);
    return served;
  }

  #refusal({ address }: Caller, now: number): CloseReason | undefined {
    const { admission, rooms } = this.#parts;
    if (rooms.draining || this.#closed) return CLOSE_REASONS.restarting;
    return admission.askToPlay(address, now);
  }
}

/** Converts a close reason to an error of this dialect. */
export function refusalError(reason: CloseReason): LaunchError {
  return new LaunchError(refusalStatus(reason), reason.reason);
}

/**
 * Converts an error of a request to one for the client.
 *
 * @throws any other error
 */
export function launchErrorOf(error: unknown): LaunchError {
  if (error instanceof LaunchError) return error;
  if (error instanceof RequestError) return new LaunchError(400, error.message);
  throw error;
}

function notServed(game: string | undefined, version: string | undefined): string {
  if (game === undefined) return 'no default game is configured';
  return `no game ${game}${version === undefined ? '' : `, version ${version}`} is served here`;
}
