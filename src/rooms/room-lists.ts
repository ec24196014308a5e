import type { RoomCode } from './ids.js';
import type { Room } from './room.js';
import { type Listed, RoomList } from './room-list.js';
import { SeatIndex } from './seat-index.js';
import type { SecretHash } from './secret.js';
import type { RoomTotals } from './totals.js';

/** How many rooms that have left their list are remembered, for readers who are at them. */
const MAX_LEFT = 4096;

/** Where a room was in its list before it left it. */
interface Left {
  /** The name of the list: the list itself may be gone. */
  readonly name: string;
  readonly number: number;
}

/** The public lists of rooms, by name. A list exists while rooms are in it. */
export class RoomLists {
  /** Where keys have seats, in all rooms: a room may be listed later. */
  readonly seatIndex = new SeatIndex();
  readonly #lists = new Map<string, RoomList>();
  readonly #listed = new Map<RoomCode, Listed>();
  readonly #left = new Map<RoomCode, Left>();
  readonly #totals: Pick<RoomTotals, 'storedBytes'>;
  #lastNumber = 0;

  /** @param totals where the texts about rooms count as memory */
  constructor(totals: Pick<RoomTotals, 'storedBytes'>) {
    this.#totals = totals;
  }

  find(name: string): RoomList | undefined {
    return this.#lists.get(name);
  }

  /** The room of this list in which this key has a seat, even if nobody else can join it. */
  withSeat(list: RoomList, key: SecretHash): Listed | undefined {
    for (const code of this.seatIndex.of(key)) {
      const listed = this.#listed.get(code);
      if (listed?.list === list) return listed;
    }
    return undefined;
  }

  /** The room has opened or changed: whether it can be joined, or which list it is in. */
  update(room: Room): void {
    const name = room.features?.list;
    if (name === undefined && this.#listed.size === 0) return;
    const listed = this.#listed.get(room.identity.code);
    if (listed !== undefined && listed.list.name !== name) this.#remove(listed);
    if (name !== undefined) this.#update(room, name);
  }

  /** The room has ended. */
  remove(room: Room): void {
    const listed = this.#listed.get(room.identity.code);
    if (listed !== undefined) this.#remove(listed);
  }

  /**
   * The number of a room of this list, or of one that has left it.
   *
   * @returns `undefined` if the list has not had such a room, or that was long ago
   */
  numberOf(list: RoomList, code: RoomCode): number | undefined {
    const listed = this.#listed.get(code);
    if (listed?.list === list) return listed.number;
    const left = this.#left.get(code);
    return left?.name === list.name ? left.number : undefined;
  }

  #update(room: Room, name: string): void {
    const { code } = room.identity;
    let listed = this.#listed.get(code);
    if (listed === undefined) {
      listed = { room, list: this.#listFor(name), number: this.#nextNumber(), bytes: 0, share: 0 };
      this.#listed.set(code, listed);
    }
    this.#setBytes(listed, Buffer.byteLength(name + (room.features?.listing ?? '')));
    listed.list.update(listed);
  }

  /** Grows, and is comparable with the numbers of other processes: microseconds since the epoch. */
  #nextNumber(): number {
    const now = Math.floor((performance.timeOrigin + performance.now()) * 1000);
    this.#lastNumber = Math.max(this.#lastNumber + 1, now);
    return this.#lastNumber;
  }

  #remove(listed: Listed): void {
    const { room, list } = listed;
    const { code } = room.identity;
    list.remove(listed);
    this.#setBytes(listed, 0);
    this.#listed.delete(code);
    if (list.size === 0) this.#lists.delete(list.name);
    this.#left.delete(code);
    this.#left.set(code, { name: list.name, number: listed.number });
    const [oldest] = this.#left.keys();
    if (this.#left.size > MAX_LEFT && oldest !== undefined) this.#left.delete(oldest);
  }

  #setBytes(listed: Listed, bytes: number): void {
    this.#totals.storedBytes += bytes - listed.bytes;
    listed.bytes = bytes;
  }

  #listFor(name: string): RoomList {
    const list = this.#lists.get(name) ?? new RoomList(name);
    this.#lists.set(name, list);
    return list;
  }
}
