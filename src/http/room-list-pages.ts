import { createHash } from 'node:crypto';
import { listedRoomJson } from '../dialects/wmbp/room-list-json.js';
import { RecentMap } from '../limits/recent-map.js';
import type { RoomCode } from '../rooms/ids.js';
import type { RoomList } from '../rooms/room-list.js';
import type { RoomLists } from '../rooms/room-lists.js';
import type { Elsewhere } from './elsewhere.js';

/** The most rooms of one page. */
const MAX_LISTED = 100;

/** How long a page may be used again, in milliseconds; not at all if a room has changed. */
const FRESH = 1000;

/** How long a page of rooms in other processes may be used again: each asks every process. */
const FRESH_ELSEWHERE = 100;

/**
 * The most pages that are stored for later requests. A page may take more than a megabyte: JSON writes
 * control characters six times as long.
 */
const MAX_PAGES = 8;

/** A page of a list as JSON. */
export interface Page {
  /** All answers with this page share its bytes. */
  readonly body: Buffer;
  readonly etag: string;
}

/** Makes the pages of public lists. */
export interface Pages {
  /** @param after only rooms behind the one with this code */
  page(name: string, after: RoomCode | undefined): Page | Promise<Page>;
}

const EMPTY = makePage('[]');

interface StoredPage extends Page {
  readonly list: RoomList;
  readonly version: number;
  readonly madeAt: number;
}

/** Pages of the rooms of this process. */
export class RoomListPages implements Pages {
  readonly #lists: RoomLists;
  readonly #stored = new RecentMap<StoredPage>(MAX_PAGES);

  constructor(lists: RoomLists) {
    this.#lists = lists;
  }

  page(name: string, after: RoomCode | undefined): Page {
    const list = this.#lists.find(name);
    if (list === undefined) return EMPTY;
    const before = after === undefined ? undefined : this.#lists.numberOf(list, after);
    if (after !== undefined && before === undefined) return EMPTY;
    const key = `${name} ${before ?? ''}`;
    const now = performance.now();
    const last = this.#stored.get(key);
    const isCurrent = last?.list === list && last.version === list.version;
    if (isCurrent && now - last.madeAt < FRESH) return last;
    const { version } = list;
    const rooms = list.page(MAX_LISTED, before).map(({ room }) => listedRoomJson(room));
    const page = { ...makePage(JSON.stringify(rooms)), list, version, madeAt: now };
    this.#stored.set(key, page);
    return page;
  }
}

/** Pages of rooms in other processes. */
export class PagesElsewhere implements Pages {
  readonly #elsewhere: Elsewhere;
  readonly #stored = new RecentMap<{
    readonly page: Promise<Page>;
    readonly askedAt: number;
  }>(MAX_PAGES);

  constructor(elsewhere: Elsewhere) {
    this.#elsewhere = elsewhere;
  }

  page(name: string, after: RoomCode | undefined): Promise<Page> {
    const key = `${name} ${after ?? ''}`;
    const now = performance.now();
    const last = this.#stored.get(key);
    if (last !== undefined && now - last.askedAt < FRESH_ELSEWHERE) return last.page;
    const page = this.#ask(name, after);
    this.#stored.set(key, { page, askedAt: now });
    return page;
  }

  async #ask(name: string, after: RoomCode | undefined): Promise<Page> {
    return makePage(JSON.stringify(await this.#elsewhere.list(name, MAX_LISTED, after)));
  }
}

function makePage(json: string): Page {
  const body = Buffer.from(json);
  return { body, etag: `"${createHash('sha1').update(body).digest('base64url')}"` };
}
