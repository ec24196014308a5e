import type { StopTimer, Timers } from '../../../launch/timers.js';
import type { RoomCode } from '../../../rooms/ids.js';
import type { SavedRoom } from '../../../rooms/saved-room.js';

/** How long another relay may take to bring a room to it, in milliseconds. Then a third one may. */
const TAKE_TIME = 3000;

interface Away {
  /** The hash of the room's resume token. */
  readonly token: string;
  /** The record of the room, until a relay gets it. */
  record: string | undefined;
  /** Until then, the relay that got the record may bring the room to it. */
  takenUntil: number;
  readonly stop: StopTimer;
}

/**
 * Rooms that this relay has given away, until it is known which relay has them: their players have to try
 * again, because for them the game is not over.
 */
export class RoomsAway {
  readonly #timers: Timers;
  /** The longest reconnect window, in seconds. */
  readonly #maxHold: number;
  readonly #rooms = new Map<RoomCode, Away>();

  constructor(timers: Timers, maxHold: number) {
    this.#timers = timers;
    this.#maxHold = maxHold;
  }

  has(code: RoomCode): boolean {
    return this.#rooms.has(code);
  }

  /** @param record the record of the room as it is now; `undefined` if it is too large for an answer */
  add({ code, resume, hold }: SavedRoom, record: string | undefined): void {
    this.delete(code);
    const time = Math.min(hold, this.#maxHold) * 1000;
    const stop = this.#timers.after(time, () => void this.#rooms.delete(code));
    this.#rooms.set(code, { token: resume, record, takenUntil: 0, stop });
  }

  /**
   * Another relay asks for the room, with the hash of a token.
   *
   * @returns its record; `taken` if another relay has just got that; `undefined` if there is none
   */
  take(code: RoomCode, token: string): string | 'taken' | undefined {
    const away = this.#rooms.get(code);
    if (away === undefined || away.token !== token) return undefined;
    const { record } = away;
    const now = this.#timers.now();
    if (record === undefined) return now < away.takenUntil ? 'taken' : undefined;
    away.record = undefined;
    away.takenUntil = now + TAKE_TIME;
    return record;
  }

  /** It is known where the room is, or the room has ended. */
  delete(code: RoomCode): void {
    this.#rooms.get(code)?.stop();
    this.#rooms.delete(code);
  }

  close(): void {
    for (const { stop } of this.#rooms.values()) stop();
    this.#rooms.clear();
  }
}
