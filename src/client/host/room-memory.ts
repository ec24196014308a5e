import { attempt } from '../browser.js';
import type { PageMemory } from '../storage/page-memory.js';

/** The data with which any page can resume a room. */
export interface RoomKey {
  readonly code: string;
  readonly token: string;
}

/** The options that the game has requested. The relay may have reduced them. */
export interface RoomTerms {
  readonly maxPlayers: number;
  readonly hold: number;
}

/** What a host's page stores for the page after a reload. */
export interface SavedRoom extends RoomKey, RoomTerms {
  /** The marks of the players with this SDK, by their ids. */
  readonly marks: ReadonlyMap<number, number>;
}

/** The stored room; `undefined` if there is none, or it was opened with other options. */
export function readRoom(stored: unknown, terms: RoomTerms): SavedRoom | undefined {
  const { code, token, marks, maxPlayers, hold } = Object(stored);
  if (typeof code !== 'string' || typeof token !== 'string') return undefined;
  if (maxPlayers !== terms.maxPlayers || hold !== terms.hold) return undefined;
  return attempt(() => ({ code, token, maxPlayers, hold, marks: new Map(marks) }));
}

/** Stores the data that resumes a room, on a new connection or in the next page. */
export class RoomMemory {
  readonly #page: PageMemory;
  readonly #terms: RoomTerms;
  readonly #marks: Map<number, number>;
  #key: RoomKey | undefined;
  #isLast = false;

  constructor(page: PageMemory, terms: RoomTerms, saved: SavedRoom | undefined) {
    this.#page = page;
    this.#terms = terms;
    this.#key = saved && { code: saved.code, token: saved.token };
    this.#marks = new Map(saved?.marks);
  }

  /** Without a key, the room cannot be resumed: it ends with the connection. */
  get key(): RoomKey | undefined {
    return this.#key;
  }

  setKey(key: RoomKey): void {
    this.#key = key;
    this.#save();
  }

  /** The mark of a player with this SDK: a reloaded page greets these players, and no others. */
  markOf(id: number): number | undefined {
    return this.#marks.get(id);
  }

  setMark(id: number, mark: number): void {
    if (this.#marks.get(id) === mark) return;
    this.#marks.set(id, mark);
    this.#save();
  }

  forget(id: number): void {
    if (this.#marks.delete(id)) this.#save();
  }

  /** Forgets all players except these. */
  forgetAllBut(ids: readonly number[]): void {
    for (const id of [...this.#marks.keys()]) if (!ids.includes(id)) this.forget(id);
  }

  /** The room ends with this page: deletes what the next page would find. */
  endHere(): void {
    this.#isLast = true;
    this.#page.drop();
  }

  #save(): void {
    if (this.#key === undefined || this.#isLast) return;
    this.#page.keep({ ...this.#key, ...this.#terms, marks: [...this.#marks] });
  }
}
