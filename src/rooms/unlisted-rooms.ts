import type { CloseReason } from '../protocol/close-codes.js';
import type { OpenResult } from './open-result.js';
import type { HostPeer } from './peer.js';
import { Room, type RoomContext } from './room.js';
import type { RoomIdentity, RoomSettings } from './room-info.js';
import { noTotals } from './totals.js';

/** What these rooms share with all other rooms of the process. */
export interface SharedByRooms {
  readonly maxPlayers: number;
  /** Why no room can be opened now. */
  readonly refusal: CloseReason | undefined;
  identify(): RoomIdentity;
  ended(room: Room, reason: CloseReason): void;
}

/**
 * The rooms of a dialect that identifies them by names of its own. They have no codes. They count towards
 * the limit of rooms, and end with their hosts' connections.
 */
export class UnlistedRooms implements RoomContext {
  readonly maxHold = 0;
  readonly maxAudience = 0;
  readonly hasLists = false;
  readonly keep = 0;
  readonly hostBacklog = 0;
  readonly totals = noTotals();
  readonly #shared: SharedByRooms;
  readonly #rooms = new Set<Room>();

  constructor(shared: SharedByRooms) {
    this.#shared = shared;
  }

  get maxPlayers(): number {
    return this.#shared.maxPlayers;
  }

  /** The number of these rooms. */
  get size(): number {
    return this.#rooms.size;
  }

  get all(): Iterable<Room> {
    return this.#rooms;
  }

  /** Opens a room for this host, or returns the reason for refusing it. */
  open(settings: Omit<RoomSettings, 'reconnectWindow'>, host: HostPeer): OpenResult {
    const { refusal } = this.#shared;
    if (refusal !== undefined) return { is: 'refused', reason: refusal };
    const room = Room.open(
      this.#shared.identify(),
      { ...settings, reconnectWindow: 0 },
      host,
      this,
    );
    this.#rooms.add(room);
    return { is: 'opened', room };
  }

  ended(room: Room, reason: CloseReason): void {
    this.#rooms.delete(room);
    this.#shared.ended(room, reason);
  }

  // Without a reconnect window there is no state to save, and no disconnected peer to wait for.
  changed(): void {}
  hostPaceChanged(): void {}
  hostDisconnected(): void {}
  hostResumed(): void {}
  after(): () => void {
    return () => {};
  }
}
