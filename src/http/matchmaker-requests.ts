import type { ServerResponse } from 'node:http';
import type { Bevygap } from '../dialects/bevygap/bevygap.js';
import {
  type Caller,
  launchErrorOf,
  type PlayQuery,
  type PlayRequests,
} from '../dialects/bevygap/play-requests.js';
import type { PlaceRequest } from '../launch/matchmaker.js';
import { readParty } from '../protocol/bevygap/read-request.js';
import { CLOSE_REASONS, type CloseReason } from '../protocol/close-codes.js';
import type { Answer } from './answer.js';
import * as answers from './answer.js';
import type { MatchmakerQuery } from './matchmaker-route.js';
import type { PlayAnswers } from './play-answers.js';
import type { RequestBodies } from './request-bodies.js';
import type { AddressedRequest, RequestContext } from './request-context.js';
import type { Reply } from './resource.js';

export interface MatchmakerRequestsParts {
  /** `undefined` if no game servers are started. */
  readonly bevygap: Bevygap | undefined;
  readonly mayConnect: (origin: string | undefined) => boolean;
}

/** The game that a URL requests, and the query. */
export interface RequestTarget {
  readonly game?: string | undefined;
  readonly version?: string | undefined;
  readonly query: MatchmakerQuery;
}

/** What one answer may buffer for a client that does not read, in bytes. */
const ANSWER_BYTES = 16 * 1024;

/** Answers requests for game servers by HTTP. */
export class MatchmakerRequests {
  readonly #parts: MatchmakerRequestsParts;
  readonly #context: RequestContext;
  readonly #bodies: RequestBodies;

  constructor(parts: MatchmakerRequestsParts, context: RequestContext, bodies: RequestBodies) {
    this.#parts = parts;
    this.#context = context;
    this.#bodies = bodies;
  }

  /** Answers a POST. Its body is read and ignored. */
  answer(
    target: RequestTarget,
    how: PlayAnswers,
    request: AddressedRequest,
    response: ServerResponse,
  ): Reply | Promise<Reply> {
    const { bevygap, mayConnect } = this.#parts;
    if (bevygap === undefined) return answers.notFound();
    const { requests } = bevygap;
    const caller = this.#context.callerOf(request, target.query.clientIp);
    const refuse = (reason: CloseReason): Answer => how.refuse(requests.refuse(reason, caller));
    if (!mayConnect(caller.origin)) return refuse(CLOSE_REASONS.originNotAllowed);
    return this.#bodies.answer(request, response, {
      read: () =>
        this.#bodies.reserve(ANSWER_BYTES, request, response)
          ? begin(requests, target, caller, how, response)
          : refuse(CLOSE_REASONS.relayFull),
      full: () => refuse(CLOSE_REASONS.relayFull),
    });
  }
}

function begin(
  requests: PlayRequests,
  { game, version, query }: RequestTarget,
  caller: Caller,
  how: PlayAnswers,
  response: ServerResponse,
): Reply | Promise<Reply> {
  let request: PlaceRequest;
  try {
    const wanted = { game, version, party: partyOf(query), accepts: how.accepts };
    request = requests.check(wanted, caller, performance.now());
  } catch (error) {
    return how.refuse(launchErrorOf(error));
  }
  return how.begin(requests, request, response);
}

/** @throws {RequestError} if the query has one that is none */
function partyOf({ party, size }: MatchmakerQuery): PlayQuery['party'] {
  if (party === undefined && size === undefined) return undefined;
  return readParty(party, Number(size));
}
