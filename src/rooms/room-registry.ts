import { CLOSINGS, type Closing } from '../protocol/close-codes.js';
import type { RoomCode } from './ids.js';
import type { HostPeer, PlayerPeer } from './peer.js';
import { RestingCodes } from './resting-codes.js';
import { Room, type RoomKeeper } from './room.js';
import { drawRoomCode } from './room-code.js';
import type { SavedRoom } from './saved-room.js';
import type { Seat } from './seat.js';
import type { SeatKey } from './seat-key.js';
import { addTraffic, noTraffic, type Traffic } from './traffic.js';

export interface RoomLimits {
  /** The most players that a room may ask for. */
  readonly maxPlayers: number;
  /** The most rooms with a code at a time. */
  readonly maxRooms: number;
  /**
   * How long a room may ask to wait for those who are away, in seconds; also how long a code rests
   * that was freed: who comes late is not to end up in another game.
   */
  readonly maxHold: number;
  /** How much is kept for a player who is away, in bytes. */
  readonly keep: number;
  /** How much is kept for a host that is away, in bytes. */
  readonly hostBacklog: number;
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
  /** Its host is away for a moment, or back. */
  hostAway(code: RoomCode, away: boolean): void;
}

/** All rooms, and which code leads to which. */
export class RoomRegistry implements RoomKeeper {
  readonly maxPlayers: number;
  readonly maxHold: number;
  readonly keep: number;
  readonly hostBacklog: number;
  /** Whether there are to be no new rooms. */
  draining = false;
  /** Is told when what would be written down of a room has changed, or when it has ended. */
  onChange: ((room: Room) => void) | undefined;
  readonly #maxRooms: number;
  readonly #rooms = new Set<Room>();
  readonly #byCode = new Map<RoomCode, Room>();
  readonly #openedAt = new Map<RoomCode, number>();
  readonly #resting: RestingCodes;
  readonly #observer: RoomObserver | undefined;
  readonly #pastTraffic = noTraffic();
  #onEmpty: (() => void) | undefined;

  constructor(limits: RoomLimits, observer?: RoomObserver) {
    this.maxPlayers = limits.maxPlayers;
    this.maxHold = limits.maxHold;
    this.keep = limits.keep;
    this.hostBacklog = limits.hostBacklog;
    this.#maxRooms = limits.maxRooms;
    this.#resting = new RestingCodes(limits.maxHold * 1000);
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

  join(code: RoomCode, peer: PlayerPeer, key?: SeatKey): Seat | Closing {
    return this.find(code)?.join(peer, key) ?? CLOSINGS.noSuchRoom;
  }

  /** Gives a host the room that this token is for. */
  resume(code: RoomCode, token: string, host: HostPeer): Room | Closing {
    const room = this.find(code);
    if (room === undefined || !room.mayResume(token)) return CLOSINGS.noSuchRoom;
    room.resume(host, token);
    return room;
  }

  /** All rooms that can be reached by a code. */
  get all(): Iterable<Room> {
    return this.#byCode.values();
  }

  /** Rooms as they were written down, waiting for everybody. A code that is taken stays taken. */
  restore(rooms: readonly SavedRoom[]): void {
    for (const saved of rooms) {
      if (this.#byCode.has(saved.code)) continue;
      this.#enter(saved.code);
      const room = Room.restore(saved, this);
      this.#rooms.add(room);
      this.#byCode.set(saved.code, room);
      // Those who could not come back are gone.
      this.changed(room);
    }
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
    const code = this.#refusal() ?? this.#drawCode() ?? CLOSINGS.relayFull;
    if (typeof code !== 'string') return code;
    this.#byCode.set(code, room);
    this.#enter(code);
    return code;
  }

  changed(room: Room): void {
    this.onChange?.(room);
  }

  hostAway(code: RoomCode, away: boolean): void {
    this.#observer?.hostAway(code, away);
  }

  after(milliseconds: number, action: () => void): () => void {
    const timer = setTimeout(action, milliseconds);
    return () => clearTimeout(timer);
  }

  release(room: Room, code: RoomCode | undefined, why: Closing): void {
    this.#rooms.delete(room);
    if (code === undefined) return;
    const lifetime = performance.now() - (this.#openedAt.get(code) ?? 0);
    this.#byCode.delete(code);
    this.#openedAt.delete(code);
    this.#resting.add(code, performance.now());
    this.onChange?.(room);
    addTraffic(this.#pastTraffic, room.traffic);
    const { everJoined: players, traffic } = room;
    if (this.#byCode.size === 0) this.#onEmpty?.();
    this.#observer?.ended(code, { why, lifetime, players, traffic });
  }

  #enter(code: RoomCode): void {
    this.#openedAt.set(code, performance.now());
    this.#observer?.opened(code);
  }

  #drawCode(): RoomCode | undefined {
    const now = performance.now();
    const [byCode, resting] = [this.#byCode, this.#resting];
    const has = (code: RoomCode): boolean => byCode.has(code) || resting.has(code, now);
    return drawRoomCode({ size: byCode.size, has });
  }

  #refusal(): Closing | undefined {
    if (this.draining) return CLOSINGS.restarting;
    return this.#byCode.size < this.#maxRooms ? undefined : CLOSINGS.relayFull;
  }
}
