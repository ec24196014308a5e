import type { Closing } from '../../src/protocol/close-codes.js';
import type { RoomCode } from '../../src/rooms/ids.js';
import type { Room, RoomKeeper } from '../../src/rooms/room.js';
import type { RoomLimits } from '../../src/rooms/room-registry.js';

export const CODE = 'BCDF' as RoomCode;

/** Limits that nothing in a test comes up against by chance. */
export const LIMITS: RoomLimits = {
  maxPlayers: 1000,
  maxRooms: 1000,
  maxHold: 600,
  keep: 1 << 18,
  hostBacklog: 1 << 20,
};

interface Timer {
  readonly due: number;
  readonly action: () => void;
}

/** Keeps one room, with a clock that a test turns. */
export class TestKeeper implements RoomKeeper {
  maxPlayers = 100;
  maxHold = 600;
  keep = LIMITS.keep;
  hostBacklog = LIMITS.hostBacklog;
  code: RoomCode | Closing = CODE;
  /** How often what would be written down has changed. */
  changes = 0;
  readonly hostAwayLog: boolean[] = [];
  readonly released: (RoomCode | undefined)[] = [];
  #now = 0;
  readonly #timers = new Set<Timer>();

  register(): RoomCode | Closing {
    return this.code;
  }

  changed(): void {
    this.changes++;
  }

  hostAway(_: RoomCode, away: boolean): void {
    this.hostAwayLog.push(away);
  }

  after(milliseconds: number, action: () => void): () => void {
    const timer = { due: this.#now + milliseconds, action };
    this.#timers.add(timer);
    return () => void this.#timers.delete(timer);
  }

  release(_: Room, code: RoomCode | undefined): void {
    this.released.push(code);
  }

  /** How many timers run. */
  get waiting(): number {
    return this.#timers.size;
  }

  /** Lets so much time pass; what is due happens, in order. */
  pass(milliseconds: number): void {
    this.#now += milliseconds;
    const due = [...this.#timers].filter((timer) => timer.due <= this.#now);
    for (const timer of due.sort((a, b) => a.due - b.due)) {
      if (this.#timers.delete(timer)) timer.action();
    }
  }
}
