import type { ServerResponse } from 'node:http';
import { CLOSE_REASONS } from '../protocol/close-codes.js';
import type { Answer } from './answer.js';
import * as answers from './answer.js';
import type { RoomListRoute } from './list-route.js';
import type { RequestBodies } from './request-bodies.js';
import type { AddressedRequest, RequestContext } from './request-context.js';
import type { Page, Pages } from './room-list-pages.js';

/** Answers `GET /rooms/NAME`. */
export class RoomListAnswers {
  readonly #pages: Pages;
  readonly #context: RequestContext;
  readonly #bodies: RequestBodies;

  constructor(pages: Pages, context: RequestContext, bodies: RequestBodies) {
    this.#pages = pages;
    this.#context = context;
    this.#bodies = bodies;
  }

  answer(
    { list, after }: RoomListRoute,
    asked: AddressedRequest,
    response: ServerResponse,
  ): Answer | Promise<Answer> {
    const page = this.#pages.page(list, after);
    // Synchronously if possible: work in a later turn would not count against the turn's budget.
    if (!(page instanceof Promise)) return this.#answer(page, asked, response);
    return page.then((found) => this.#answer(found, asked, response));
  }

  #answer({ body, etag }: Page, asked: AddressedRequest, response: ServerResponse): Answer {
    const answer = answers.roomList(body, etag, asked.request.headers);
    if (this.#bodies.reserve(answer.body.length, asked, response)) return answer;
    this.#context.refused(CLOSE_REASONS.relayFull, asked);
    return answers.refused(503, CLOSE_REASONS.relayFull);
  }
}
