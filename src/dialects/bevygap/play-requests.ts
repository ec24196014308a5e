import { type AskRequest, LaunchError, type Matchmaker, type Place } from '../../launch/ask.js';
import type { Admission } from '../../limits/admission.js';
import { checkGame, REQUEST_ERRORS, RequestError } from '../../protocol/bevygap/read-request.js';
import { IN_A_ROOM } from '../../protocol/bevygap/values.js';
import { CLOSE_REASONS, type CloseReason } from '../../protocol/close-codes.js';
import type { Dialect } from '../../protocol/dialects.js';
import type { Party } from '../../protocol/matchmaking.js';
import { refusalStatus } from '../../protocol/refusal-status.js';
import { PlayRequest, type ProgressListener } from './play-request.js';

/** The name of this dialect, as options, metrics and the log have it. */
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

/** A version that may be the name of one. */
const ANY_VERSION = '1';

/** What a player asks for. */
export interface Wanted {
  /** `undefined` for the default game. */
  readonly game: string | undefined;
  /** `undefined` for the version that the configuration has first. */
  readonly version: string | undefined;
  readonly party: Party | undefined;
  /** What the player understands: the addresses of servers only, or also the codes of rooms. */
  readonly accepts: Place['is'];
}

/** Who asks. */
export interface Caller {
  /** The address that it is counted under. */
  readonly address: string;
  /** Its whole address, as servers are told; `undefined` if it has named one that is none. */
  readonly clientAddress: string | undefined;
  readonly origin: string | undefined;
}

/** Every request that is being answered, and who may ask. */
export class PlayRequests {
  readonly #parts: PlayRequestsParts;
  readonly #open = new Set<PlayRequest>();
  #closed = false;

  constructor(parts: PlayRequestsParts) {
    this.#parts = parts;
  }

  /** How many are being answered. */
  get size(): number {
    return this.#open.size;
  }

  /**
   * Checks a request, and counts it. If a server has to be started for it, that counts as a room.
   *
   * @param now in milliseconds
   * @throws {LaunchError | RequestError} if it is not answered
   */
  check(wanted: Wanted, caller: Caller, now: number): AskRequest {
    const { game, version } = this.#find(wanted);
    const { clientAddress } = caller;
    if (clientAddress === undefined) throw new LaunchError(400, REQUEST_ERRORS.clientIpInvalid);
    const reason = this.#refusal(caller, now);
    if (reason !== undefined) throw this.refuse(reason, caller);
    const mayStart = (): LaunchError | undefined => {
      const refusal = this.#parts.admission.openRoom(caller.address, performance.now());
      return refusal && this.refuse(refusal, caller);
    };
    return { game, version, clientAddress, party: wanted.party, mayStart };
  }

  /** Logs what the relay refuses, and says it in the terms of this dialect. */
  refuse(reason: CloseReason, { address, origin }: Caller): LaunchError {
    this.#parts.log.refused(reason, address, origin, BEVYGAP);
    return refusalError(reason);
  }

  /** Has a request answered that was checked. `tell` is called with `acknowledged` at once. */
  begin(request: AskRequest, tell: ProgressListener): PlayRequest {
    const playRequest = new PlayRequest(tell, (ended) => this.#open.delete(ended));
    this.#open.add(playRequest);
    playRequest.begin(this.#parts.matchmaker, request);
    return playRequest;
  }

  /** Answers no more requests, and ends those that are open. */
  close(reason: CloseReason): void {
    this.#closed = true;
    for (const request of this.#open) request.abandon(refusalError(reason));
  }

  #find({ game, version, accepts }: Wanted): { game: string; version: string } {
    if (game !== undefined) checkGame({ game, version: version ?? ANY_VERSION });
    const offer = this.#parts.matchmaker.find(game, version);
    if (offer === undefined) throw new LaunchError(404, notServed(game, version));
    if (offer.place === 'room' && accepts === 'server') throw new LaunchError(400, IN_A_ROOM);
    return offer;
  }

  #refusal({ address }: Caller, now: number): CloseReason | undefined {
    const { admission, rooms } = this.#parts;
    if (rooms.draining || this.#closed) return CLOSE_REASONS.restarting;
    return admission.askToPlay(address, now);
  }
}

/** What is said instead of a close code. */
export function refusalError(reason: CloseReason): LaunchError {
  return new LaunchError(refusalStatus(reason), reason.reason);
}

/**
 * What a client is told of an error.
 *
 * @throws the error if it is none of a request's
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
