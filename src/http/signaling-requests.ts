import type { ServerResponse } from 'node:http';
import type { Signaling } from '../dialects/signaling/signaling.js';
import { CLOSE_REASONS, type CloseReason } from '../protocol/close-codes.js';
import { refusalStatus } from '../protocol/refusal-status.js';
import { failed } from '../protocol/signaling/answer.js';
import { SignalingError } from '../protocol/signaling/errors.js';
import type { Answer } from './answer.js';
import * as answers from './answer.js';
import { bearerToken } from './bearer-token.js';
import type { RequestBodies } from './request-bodies.js';
import type { AddressedRequest, RequestContext } from './request-context.js';
import type { Reply } from './resource.js';
import { tokenIn } from './route.js';

export interface SignalingRequestsParts {
  readonly signaling: Signaling;
  readonly mayConnect: (origin: string | undefined) => boolean;
}

/**
 * Answers requests of signaling-server's clients: reads their bodies, and sends the results over
 * HTTP.
 */
export class SignalingRequests {
  readonly #parts: SignalingRequestsParts;
  readonly #context: RequestContext;
  readonly #bodies: RequestBodies;

  constructor(parts: SignalingRequestsParts, context: RequestContext, bodies: RequestBodies) {
    this.#parts = parts;
    this.#context = context;
    this.#bodies = bodies;
  }

  /** The answer to any method but POST. */
  notPost(): Answer {
    return answers.signaling(failed(new SignalingError('notPost')));
  }

  /** Answers a POST. */
  answer(asked: AddressedRequest, response: ServerResponse): Reply | Promise<Reply> {
    if (!this.#parts.mayConnect(asked.request.headers.origin)) {
      return this.#refuse(CLOSE_REASONS.originNotAllowed, asked);
    }
    return this.#bodies.answer(asked, response, {
      read: (body) => this.#perform(body, asked, response),
      full: () => this.#refuse(CLOSE_REASONS.relayFull, asked),
    });
  }

  #perform(body: Uint8Array, asked: AddressedRequest, response: ServerResponse): Answer {
    const { request, address } = asked;
    const token = tokenIn(request.url ?? '') ?? bearerToken(request.headers.authorization);
    const result = this.#parts.signaling.answer(body, { address, token }, performance.now());
    if (result.is === 'refused') return this.#refuse(result.reason, asked);
    const answer = answers.signaling(result.answer);
    return this.#bodies.reserve(answer.body.length, asked, response)
      ? answer
      : this.#refuse(CLOSE_REASONS.relayFull, asked);
  }

  #refuse(reason: CloseReason, asked: AddressedRequest): Answer {
    this.#context.refused(reason, asked, 'signaling');
    return answers.refused(refusalStatus(reason), reason);
  }
}
