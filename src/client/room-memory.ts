import type { Keepsake } from './keepsake.js';

/** What opens a room again, from anywhere. */
export interface RoomKey {
  readonly code: string;
  readonly token: string;
}

/** What a host's page keeps over a reload. */
export interface SavedRoom extends RoomKey {
  /** The marks of the players who have this SDK, by their ids. */
  readonly marks: ReadonlyMap<number, number>;
}

/** `undefined` if there is none, or it is none of ours. */
export function readRoom(text: string | undefined): SavedRoom | undefined {
  try {
    const { code, token, marks } = JSON.parse(text ?? '');
    if (typeof code !== 'string' || typeof token !== 'string') return undefined;
    return { code, token, marks: new Map(marks) };
  } catch {
    return undefined;
  }
}

/** What it takes to come back to a room, on a new line or from the page after this one. */
export class RoomMemory {
  readonly #keepsake: Keepsake;
  readonly #marks: Map<number, number>;
  #key: RoomKey | undefined;
  #isLast = false;

  constructor(keepsake: Keepsake, saved: SavedRoom | undefined) {
    this.#keepsake = keepsake;
    this.#key = saved;
    this.#marks = new Map(saved?.marks);
  }

  /** Without one there is nothing to come back to: the room goes with the line. */
  get key(): RoomKey | undefined {
    return this.#key;
  }

  setKey(key: RoomKey): void {
    this.#key = key;
    this.#save();
  }

  /** The mark of a player who has this SDK: a reloaded page has to greet them, and nobody else. */
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

  /** Nobody else is in the room any more. */
  forgetAllBut(ids: readonly number[]): void {
    for (const id of [...this.#marks.keys()]) if (!ids.includes(id)) this.forget(id);
  }

  /** This page is the room's last: the one after it is to find nothing. */
  endHere(): void {
    this.#isLast = true;
    this.#keepsake.drop();
  }

  #save(): void {
    if (this.#key === undefined || this.#isLast) return;
    this.#keepsake.keep(JSON.stringify({ ...this.#key, marks: [...this.#marks] }));
  }
}
