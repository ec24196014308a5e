import type { GivenRoom } from '../api.js';
import { attempt } from '../browser.js';
import type { PageStore } from '../storage/page-store.js';
import type { RequestedRoom } from './room-options.js';

/** The data that a page needs to resume a room. */
export interface RoomKey {
  readonly code: string;
  readonly token: string;
}

/** The settings that the game has requested. The relay may have reduced them. */
export interface RoomSettings {
  readonly maxPlayers: number;
  readonly hold: number;
  /** A checksum of the requested features, of which one is a password; `undefined` if there are none. */
  readonly features?: number | undefined;
}

export function toSettings({ maxPlayers, hold, features }: RequestedRoom): RoomSettings {
  // Without it, a room of an older version of the SDK is resumed, too.
  const { about: _, ...others } = features;
  const text = JSON.stringify(others);
  return { maxPlayers, hold, features: text === '{}' ? undefined : checksum(text) };
}

function checksum(text: string): number {
  let sum = 0;
  for (const character of text) sum = (Math.imul(sum, 31) + (character.codePointAt(0) ?? 0)) | 0;
  return sum;
}

/** The data that a host's page stores for the page after a reload. */
export interface StoredRoom extends RoomKey, RoomSettings {
  /** The marks of the players with this SDK, by their ids. */
  readonly marks: ReadonlyMap<number, number>;
}

/** Reads a stored room; `undefined` if there is none, or it was opened with other settings. */
export function readStoredRoom(stored: unknown, settings: RoomSettings): StoredRoom | undefined {
  const { code, token, marks, maxPlayers, hold, features } = Object(stored);
  if (typeof code !== 'string' || typeof token !== 'string') return undefined;
  if (maxPlayers !== settings.maxPlayers || hold !== settings.hold) return undefined;
  if (features !== settings.features) return undefined;
  return attempt(() => ({ code, token, ...settings, marks: new Map(marks) }));
}

/** Stores the data with which a new connection, or the next page, resumes the room. */
export class RoomStore {
  readonly #page: PageStore;
  readonly #settings: RoomSettings;
  readonly #marks: Map<number, number>;
  #key: RoomKey | undefined;
  #isRemoved = false;
  /** Whether another page may have the token. */
  isGiven = false;
  /** Is called when the stored data changes. */
  changed = (): void => {};

  constructor(page: PageStore, settings: RoomSettings, saved: StoredRoom | undefined) {
    this.#page = page;
    this.#settings = settings;
    this.#key = saved && { code: saved.code, token: saved.token };
    this.#marks = new Map(saved?.marks);
  }

  /** If `undefined`, the room cannot be resumed: it ends with the connection. */
  get key(): RoomKey | undefined {
    return this.#key;
  }

  setKey(key: RoomKey): void {
    this.#key = key;
    this.#save();
  }

  /** The mark of a player with this SDK. A reloaded page greets these players, and no others. */
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

  /** Removes the marks of all players except these. */
  keepOnly(ids: readonly number[]): void {
    for (const id of [...this.#marks.keys()]) if (!ids.includes(id)) this.forget(id);
  }

  /** Everything that another page needs to resume the room; `undefined` if the room ends with its host. */
  toJson(): GivenRoom | undefined {
    return this.#key && { ...this.#key, ...this.#settings, marks: [...this.#marks] };
  }

  /** The game has stopped the room: removes the stored data, for good. */
  remove(): void {
    this.#isRemoved = true;
    this.#page.remove();
  }

  #save(): void {
    const stored = this.toJson();
    if (stored === undefined || this.#isRemoved) return;
    this.#page.store(stored);
    this.changed();
  }
}
