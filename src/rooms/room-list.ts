import type { RoomCode } from './ids.js';
import type { Room } from './room.js';

/** A room in a list. */
export interface Listed {
  readonly room: Room;
  readonly list: RoomList;
  /** Grows with every room that is listed. */
  readonly number: number;
  /** How much the list stores of it. */
  bytes: number;
  /** The share of its seats that are taken. */
  share: number;
}

/**
 * One public list: the rooms that can be joined, in the order in which they were listed, and those that
 * cannot be joined now, such as full ones.
 */
export class RoomList {
  /** Grows when the list changes. */
  version = 0;
  readonly #all = new Map<RoomCode, Listed>();
  /** Those that can be joined, by number. */
  readonly #open: Listed[] = [];

  constructor(readonly name: string) {}

  get size(): number {
    return this.#all.size;
  }

  /** The room is new, or has changed. */
  update(listed: Listed): void {
    this.version++;
    this.#all.set(listed.room.identity.code, listed);
    const at = this.#positionOf(listed.number);
    const wasOpen = this.#open[at] === listed;
    const { info } = listed.room;
    listed.share = info.players / info.maxPlayers;
    const isOpen = info.acceptsPlayers && info.hostConnected;
    if (isOpen && !wasOpen) this.#open.splice(at, 0, listed);
    else if (wasOpen && !isOpen) this.#open.splice(at, 1);
  }

  remove(listed: Listed): void {
    this.version++;
    this.#all.delete(listed.room.identity.code);
    const at = this.#positionOf(listed.number);
    if (this.#open[at] === listed) this.#open.splice(at, 1);
  }

  /**
   * Rooms that can be joined, the newest first.
   *
   * @param max the maximum number of rooms
   * @param before only rooms with a lower number
   */
  page(max: number, before = Number.POSITIVE_INFINITY): Listed[] {
    const page: Listed[] = [];
    for (let at = this.#positionOf(before) - 1; at >= 0 && page.length < max; at--) {
      page.push(this.#open[at] as Listed);
    }
    return page;
  }

  /**
   * The fullest room that everybody can join: of several, the oldest.
   *
   * @param keepsOut whether a player who looks for a room was kicked from this one
   */
  fullest(keepsOut = (_: Room): boolean => false): Listed | undefined {
    let fullest: Listed | undefined;
    for (const listed of this.#open) {
      const { room, share } = listed;
      if (fullest !== undefined && share <= fullest.share) continue;
      if (room.features?.password === undefined && !keepsOut(room)) fullest = listed;
    }
    return fullest;
  }

  /** The position of the first open room with this number or a higher one. */
  #positionOf(number: number): number {
    let low = 0;
    let high = this.#open.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((this.#open[middle] as Listed).number < number) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}
