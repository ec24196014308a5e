import { CLOSINGS, type Closing } from '../protocol/close-codes.js';
import type { RoomCode } from './ids.js';
import type { HostPeer, PlayerPeer } from './peer.js';
import { Room, type RoomKeeper } from './room.js';
import { drawRoomCode } from './room-code.js';
import type { Seat } from './seat.js';

export interface RoomLimits {
  /** The most players that a room may ask for. */
  readonly maxPlayers: number;
  /** The most rooms with a code at a time. */
  readonly maxRooms: number;
}

/** All rooms, and which code leads to which. */
export class RoomRegistry implements RoomKeeper {
  readonly maxPlayers: number;
  readonly #maxRooms: number;
  readonly #rooms = new Set<Room>();
  readonly #byCode = new Map<RoomCode, Room>();

  constructor({ maxPlayers, maxRooms }: RoomLimits) {
    this.maxPlayers = maxPlayers;
    this.#maxRooms = maxRooms;
  }

  /** How many rooms can be reached by a code. */
  get rooms(): number {
    return this.#byCode.size;
  }

  /** How many players sit in all rooms together. */
  get players(): number {
    let players = 0;
    for (const room of this.#byCode.values()) players += room.info?.players ?? 0;
    return players;
  }

  /** A room for a host that has just connected; it gets its code with `prepare`. */
  open(host: HostPeer): Room | Closing {
    if (this.#isFull()) return CLOSINGS.relayFull;
    const room = new Room(host, this);
    this.#rooms.add(room);
    return room;
  }

  find(code: RoomCode): Room | undefined {
    return this.#byCode.get(code);
  }

  join(code: RoomCode, peer: PlayerPeer): Seat | Closing {
    return this.find(code)?.join(peer) ?? CLOSINGS.noSuchRoom;
  }

  /** Ends every room, and closes hosts and players alike. */
  endAll(closing: Closing): void {
    for (const room of [...this.#rooms]) room.end(closing, closing);
  }

  register(room: Room): RoomCode | undefined {
    const code = this.#isFull() ? undefined : drawRoomCode(this.#byCode);
    if (code !== undefined) this.#byCode.set(code, room);
    return code;
  }

  release(room: Room, code: RoomCode | undefined): void {
    this.#rooms.delete(room);
    if (code !== undefined) this.#byCode.delete(code);
  }

  #isFull(): boolean {
    return this.#byCode.size >= this.#maxRooms;
  }
}
