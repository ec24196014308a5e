import { createHash } from 'node:crypto';
import type { ServerResponse } from 'node:http';
import { roomListJson } from '../dialects/wmbp/room-list-json.js';
import { RecentMap } from '../limits/recent-map.js';
import { CLOSE_REASONS } from '../protocol/close-codes.js';
import type { RoomList } from '../rooms/room-list.js';
import type { RoomLists } from '../rooms/room-lists.js';
import type { Answer } from './answer.js';
import * as answers from './answer.js';
import type { RoomListRoute } from './list-route.js';
import type { RequestBodies } from './request-bodies.js';
import type { AddressedRequest, RequestContext } from './request-context.js';

/** The most rooms of one answer. */
const MAX_LISTED = 100;

/** How long an answer may be used again, in milliseconds; not at all if a room has changed. */
const FRESH = 1000;

/**
 * The most pages that are stored for later requests. A page may take more than a megabyte: JSON writes
 * control characters six times as long.
 */
const MAX_PAGES = 8;

/** A page of a list as JSON. */
interface Page {
  readonly body: Buffer;
  readonly etag: string;
  readonly list: RoomList | undefined;
  readonly version: number;
  readonly madeAt: number;
}

const EMPTY = makePage(undefined, '[]', 0);

/** Answers `GET /rooms/NAME`. */
export class RoomListAnswers {
  readonly #lists: RoomLists;
  readonly #context: RequestContext;
  readonly #bodies: RequestBodies;
  readonly #pages = new RecentMap<Page>(MAX_PAGES);

  constructor(lists: RoomLists, context: RequestContext, bodies: RequestBodies) {
    this.#lists = lists;
    this.#context = context;
    this.#bodies = bodies;
  }

  answer(
    { list: name, after }: RoomListRoute,
    asked: AddressedRequest,
    response: ServerResponse,
  ): Answer {
    const list = this.#lists.find(name);
    const { body, etag } = list === undefined ? EMPTY : this.#page(list, after);
    const answer = answers.roomList(body, etag, asked.request.headers);
    if (this.#bodies.reserve(answer.body.length, asked, response)) return answer;
    this.#context.refused(CLOSE_REASONS.relayFull, asked);
    return answers.refused(503, CLOSE_REASONS.relayFull);
  }

  #page(list: RoomList, after: RoomListRoute['after']): Page {
    const before = after === undefined ? undefined : this.#lists.numberOf(list, after);
    if (after !== undefined && before === undefined) return EMPTY;
    const key = `${list.name} ${before ?? ''}`;
    const now = performance.now();
    const last = this.#pages.get(key);
    const isCurrent = last?.list === list && last.version === list.version;
    if (isCurrent && now - last.madeAt < FRESH) return last;
    const page = makePage(list, roomListJson(list.page(MAX_LISTED, before)), now);
    this.#pages.set(key, page);
    return page;
  }
}

function makePage(list: RoomList | undefined, json: string, madeAt: number): Page {
  // A buffer: all answers with this page share its bytes.
  const body = Buffer.from(json);
  const etag = `"${createHash('sha1').update(body).digest('base64url')}"`;
  return { body, etag, list, version: list?.version ?? 0, madeAt };
}
