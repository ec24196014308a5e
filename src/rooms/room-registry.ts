import { CLOSINGS, type Closing } from '../protocol/close-codes.js';
import type { RoomCode } from './ids.js';
import type { HostPeer, PlayerPeer } from './peer.js';
import { Room, type RoomKeeper } from './room.js';
import { drawRoomCode } from './room-code.js';
import type { Seat } from './seat.js';
import { addTraffic, noTraffic, type Traffic } from './traffic.js';

export interface RoomLimits {
  /** The most players that a room may ask for. */
  readonly maxPlayers: number;
  /** The most rooms with a code at a time. */
  readonly maxRooms: number;
}

/** A room's life, at its end. */
export interface RoomSummary {
  readonly why: Closing;
  /** In milliseconds. */
  readonly lifetime: number;
  /** How many have joined, in all. */
  readonly players: number;
  readonly traffic: Traffic;
}

/** Is told when a room can be joined, and when it has ended. */
export interface RoomObserver {
  opened(code: RoomCode): void;
  ended(code: RoomCode, summary: RoomSummary): void;
}

/** All rooms, and which code leads to which. */
export class RoomRegistry implements RoomKeeper {
  readonly maxPlayers: number;
  /** Whether there are to be no new rooms. */
  draining = false;
  readonly #maxRooms: number;
  readonly #rooms = new Set<Room>();
  readonly #byCode = new Map<RoomCode, Room>();
  readonly #openedAt = new Map<RoomCode, number>();
  readonly #observer: RoomObserver | undefined;
  readonly #pastTraffic = noTraffic();
  #onEmpty: (() => void) | undefined;

  constructor({ maxPlayers, maxRooms }: RoomLimits, observer?: RoomObserver) {
    this.maxPlayers = maxPlayers;
    this.#maxRooms = maxRooms;
    this.#observer = observer;
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

  /** What all rooms have carried so far, those that have ended included. */
  get traffic(): Traffic {
    const sum = noTraffic();
    addTraffic(sum, this.#pastTraffic);
    for (const { traffic } of this.#byCode.values()) addTraffic(sum, traffic);
    return sum;
  }

  /** A room for a host that has just connected; it gets its code with `prepare`. */
  open(host: HostPeer): Room | Closing {
    const refusal = this.#refusal();
    if (refusal !== undefined) return refusal;
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

  /** Waits until there is no room, or for so many milliseconds. */
  async whenEmpty(timeout: number): Promise<void> {
    if (this.#byCode.size === 0 || timeout === 0) return;
    await new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, timeout);
      this.#onEmpty = () => {
        clearTimeout(timer);
        resolve();
      };
    });
  }

  /** Ends every room, and closes hosts and players alike. */
  endAll(closing: Closing): void {
    for (const room of [...this.#rooms]) room.end(closing, closing);
  }

  register(room: Room): RoomCode | Closing {
    const code = this.#refusal() ?? drawRoomCode(this.#byCode) ?? CLOSINGS.relayFull;
    if (typeof code !== 'string') return code;
    this.#byCode.set(code, room);
    this.#openedAt.set(code, performance.now());
    this.#observer?.opened(code);
    return code;
  }

  release(room: Room, code: RoomCode | undefined, why: Closing): void {
    this.#rooms.delete(room);
    if (code === undefined) return;
    const lifetime = performance.now() - (this.#openedAt.get(code) ?? 0);
    this.#byCode.delete(code);
    this.#openedAt.delete(code);
    addTraffic(this.#pastTraffic, room.traffic);
    const { everJoined: players, traffic } = room;
    if (this.#byCode.size === 0) this.#onEmpty?.();
    this.#observer?.ended(code, { why, lifetime, players, traffic });
  }

  #refusal(): Closing | undefined {
    if (this.draining) return CLOSINGS.restarting;
    return this.#byCode.size < this.#maxRooms ? undefined : CLOSINGS.relayFull;
  }
}
