import type { Rooms } from '../rooms/rooms.js';
import { checkStateFile } from './check-state-file.js';
import { MAX_STATE_BYTES } from './state-file.js';
import { dealState } from './state-parts.js';
import { type StateLog, StateStore } from './state-store.js';

/** The largest file as a fraction of the heap, because its rooms take several times as much memory. */
const HEAP_SHARE = 8;

/** The memory of restored rooms as a fraction of the heap. Seats have their own limit. */
const ROOMS_SHARE = 4;

/** Heap memory of a room with a disconnected host: measured with 1.9 KiB. */
const ROOM_BYTES = 2048;

/** The largest state file that fits into a heap of this size, in bytes. */
export function maxStateBytes(heap: number): number {
  return Math.min(MAX_STATE_BYTES, Math.floor(heap / HEAP_SHARE));
}

export interface PersistentRoomsLog extends StateLog {
  /** This many rooms of the file were not restored, because of limits. */
  roomsNotRestored(rooms: number): void;
}

/** Rooms that survive a restart. Restores those of the last process once. */
export class PersistentRooms {
  readonly store: StateStore;
  readonly #path: string;
  readonly #maxBytes: number;
  readonly #maxRooms: number;
  readonly #rooms: Rooms;
  readonly #log: PersistentRoomsLog;
  #isRestored = false;

  /** @param heap the limit of the heap, in bytes */
  constructor(path: string, heap: number, rooms: Rooms, log: PersistentRoomsLog) {
    this.#path = path;
    this.#maxBytes = maxStateBytes(heap);
    this.#maxRooms = Math.floor(heap / ROOMS_SHARE / ROOM_BYTES);
    this.#rooms = rooms;
    this.#log = log;
    this.store = new StateStore(path, () => rooms.all, log, this.#maxBytes);
    rooms.onChange((room) => this.store.changed(room));
  }

  /** @throws {Error} one line that says why the file cannot be used */
  check(): void {
    if (!this.#isRestored) checkStateFile(this.#path, this.#maxBytes);
  }

  restore(): void {
    if (this.#isRestored) return;
    this.#isRestored = true;
    // If the last process had workers, each of them has left a file.
    dealState(this.#path, 0, () => 0, this.#log);
    const skipped = this.#rooms.restore(this.store.read(), this.#maxRooms);
    if (skipped > 0) this.#log.roomsNotRestored(skipped);
  }
}
