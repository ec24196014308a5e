import { createHash } from 'node:crypto';
import type { IncomingHttpHeaders } from 'node:http';
import { roomListJson } from '../dialects/wmbp/room-list-json.js';
import type { RoomList } from '../rooms/room-list.js';
import type { RoomLists } from '../rooms/room-lists.js';
import type { Answer } from './answer.js';
import * as answers from './answer.js';
import type { RoomListRoute } from './list-route.js';

/** The most rooms of one answer. */
const MOST = 100;

/** How long an answer may be used again, in milliseconds; not at all if a room has changed. */
const FRESH = 1000;

/** A list as JSON. */
interface Page {
  readonly body: string;
  readonly etag: string;
  readonly version: number;
  readonly madeAt: number;
}

const EMPTY: Page = makePage('[]', 0, 0);

/** Answers `GET /rooms/NAME`. */
export class RoomListAnswers {
  readonly #lists: RoomLists;
  /** The first page of each list. */
  readonly #first = new WeakMap<RoomList, Page>();

  constructor(lists: RoomLists) {
    this.#lists = lists;
  }

  answer({ list: name, after }: RoomListRoute, request: IncomingHttpHeaders): Answer {
    const list = this.#lists.find(name);
    const { body, etag } = list === undefined ? EMPTY : this.#page(list, after);
    return answers.roomList(body, etag, request);
  }

  #page(list: RoomList, after: RoomListRoute['after']): Page {
    const now = performance.now();
    if (after !== undefined) {
      const number = this.#lists.numberOf(list, after);
      return number === undefined ? EMPTY : render(list, now, number);
    }
    const last = this.#first.get(list);
    if (last?.version === list.version && now - last.madeAt < FRESH) return last;
    const page = render(list, now);
    this.#first.set(list, page);
    return page;
  }
}

function render(list: RoomList, now: number, before?: number): Page {
  return makePage(roomListJson(list.page(MOST, before)), list.version, now);
}

function makePage(body: string, version: number, madeAt: number): Page {
  const etag = `"${createHash('sha1').update(body).digest('base64url')}"`;
  return { body, etag, version, madeAt };
}
