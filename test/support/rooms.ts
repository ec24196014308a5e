import type { CloseReason } from '../../src/protocol/close-codes.js';
import type { RoomCode } from '../../src/rooms/ids.js';
import type { JoinResult } from '../../src/rooms/join-result.js';
import type { HostPeer, PlayerPeer } from '../../src/rooms/peer.js';
import { Room, type RoomContext } from '../../src/rooms/room.js';
import type { RoomIdentity, RoomSettings } from '../../src/rooms/room-info.js';
import type { OpenResult, RoomLimits } from '../../src/rooms/rooms.js';
import type { SavedRoom } from '../../src/rooms/saved-room.js';
import type { Seat } from '../../src/rooms/seat.js';
import type { SeatKey } from '../../src/rooms/seat-key.js';
import { noTotals } from '../../src/rooms/totals.js';
import type { Viewer, ViewerPeer } from '../../src/rooms/viewer.js';

/** The buffered bytes of all disconnected peers, added up. */
export function bufferedBytes(rooms: readonly Room[]): number {
  const buffers = rooms.flatMap(({ offlineBuffers: { players, host } }) => [...players, host]);
  return buffers.reduce((sum, buffer) => sum + (buffer?.bytes ?? 0), 0);
}

/** A room for this host, in a `TestRooms` of its own unless one is given. */
export function openRoom(
  host: HostPeer,
  settings: Partial<RoomSettings> = {},
  rooms: { open(settings: RoomSettings, host: HostPeer): OpenResult } = new TestRooms(),
): Room {
  const result = rooms.open({ name: '', maxPlayers: 8, reconnectWindow: 0, ...settings }, host);
  if (result.is === 'refused') throw new Error(result.reason.reason);
  return result.room;
}

/** The seat of a player who has joined. */
export function seatOf(result: JoinResult): Seat {
  if (result.is === 'refused') throw new Error(result.reason.reason);
  return result.seat;
}

/** Joins a player to this room, and returns its seat. */
export function join(room: Room | undefined, peer: PlayerPeer, key?: SeatKey): Seat {
  if (room === undefined) throw new Error('no room');
  return seatOf(room.join(peer, { key }));
}

/** The reason for which a player is refused. */
export function refusal(room: Room, peer: PlayerPeer, key?: SeatKey): CloseReason | undefined {
  const result = room.join(peer, { key });
  return result.is === 'refused' ? result.reason : undefined;
}

export const CODE = 'BCDF' as RoomCode;

/** Limits that tests do not reach by chance. */
export const LIMITS: RoomLimits = {
  maxPlayers: 1000,
  maxRooms: 1000,
  maxHold: 600,
  keep: 1 << 18,
  hostBacklog: 1 << 20,
  maxAudience: 1000,
  hasLists: true,
};

interface Timer {
  readonly due: number;
  readonly action: () => void;
}

/** The surroundings of one room, with a clock that the test controls. */
export class TestRooms implements RoomContext {
  maxPlayers = 100;
  maxHold = 600;
  keep = LIMITS.keep;
  hostBacklog = LIMITS.hostBacklog;
  maxAudience = LIMITS.maxAudience;
  hasLists = LIMITS.hasLists;
  readonly totals = noTotals();
  /** The code of the next room, or the reason why there is none. */
  code: RoomCode | CloseReason = CODE;
  room: Room | undefined;
  /** How often the saved state has changed. */
  changes = 0;
  readonly hostConnections: boolean[] = [];
  readonly endedCodes: RoomCode[] = [];
  #now = 0;
  readonly #timers = new Set<Timer>();

  open(settings: RoomSettings, host: HostPeer): OpenResult {
    if (typeof this.code !== 'string') return { is: 'refused', reason: this.code };
    this.room = Room.open(identity(this.code), settings, host, this);
    return { is: 'opened', room: this.room };
  }

  restore(saved: SavedRoom): Room {
    this.room = Room.restore(identity(saved.code), saved, this);
    return this.room;
  }

  changed(): void {
    this.changes++;
  }

  hostPaceChanged(): void {}

  hostDisconnected(): void {
    this.hostConnections.push(false);
  }

  hostResumed(): void {
    this.hostConnections.push(true);
  }

  ended(room: Room): void {
    this.room = undefined;
    this.endedCodes.push(room.identity.code);
  }

  after(milliseconds: number, action: () => void): () => void {
    const timer = { due: this.#now + milliseconds, action };
    this.#timers.add(timer);
    return () => void this.#timers.delete(timer);
  }

  /** The number of running timers. */
  get timers(): number {
    return this.#timers.size;
  }

  /**
   * Advances the clock, and runs the timers that are due, in order.
   *
   * @param endOfTurn is called after each timer
   */
  pass(milliseconds: number, endOfTurn = (): void => {}): void {
    this.#now += milliseconds;
    const due = [...this.#timers].filter((timer) => timer.due <= this.#now);
    for (const timer of due.sort((a, b) => a.due - b.due)) {
      if (this.#timers.delete(timer)) timer.action();
      endOfTurn();
    }
  }
}

function identity(code: RoomCode): RoomIdentity {
  return { code, number: 1, openedAt: 0 };
}

/** Lets a viewer watch this room. */
export function watch(room: Room | undefined, peer: ViewerPeer): Viewer {
  const result = room?.watch(peer);
  if (result?.is !== 'watching') throw new Error('refused');
  return result.viewer;
}
