import { BusError } from '../../../cluster/bus/bus.js';
import type { Directory } from '../../../cluster/directory/directory.js';
import type { StopTimer, Timers } from '../../../launch/timers.js';
import type { RoomCode } from '../../../rooms/ids.js';

/** The time between attempts to write which moves have ended, in milliseconds. */
const RETRY = 1000;

export interface EndedMovesParts {
  readonly timers: Timers;
  readonly directory: () => Directory | undefined;
  /** An exception in the relay's own code. */
  readonly fault: (error: unknown) => void;
}

/** Moves whose rooms have ended, until that is written: their codes belong to their blocks again. */
export class EndedMoves {
  readonly #parts: EndedMovesParts;
  /** The epoch of each. */
  readonly #moves = new Map<RoomCode, number>();
  #isWriting = false;
  #isClosed = false;
  #stopRetry: StopTimer | undefined;

  constructor(parts: EndedMovesParts) {
    this.#parts = parts;
  }

  add(code: RoomCode, epoch: number): void {
    this.#moves.set(code, epoch);
    void this.write();
  }

  /** Ends the moves to relays that have ended, and do not come back with their rooms any more. */
  endExpired(isExpired: (run: string) => boolean): void {
    for (const [code, { run, epoch }] of this.#parts.directory()?.moves ?? []) {
      if (isExpired(run)) this.add(code, epoch);
    }
  }

  /** Writes all of them. What fails is tried again. */
  async write(): Promise<void> {
    // Many rooms may end at once.
    if (this.#isWriting) return;
    this.#isWriting = true;
    for (const [code, epoch] of this.#moves) {
      try {
        await this.#parts.directory()?.endMove(code, epoch);
        if (this.#moves.get(code) === epoch) this.#moves.delete(code);
      } catch (error) {
        if (!(error instanceof BusError)) this.#parts.fault(error);
        // The others would fail, too.
        break;
      }
    }
    this.#isWriting = false;
    if (this.#moves.size === 0 || this.#isClosed) return;
    this.#stopRetry?.();
    this.#stopRetry = this.#parts.timers.after(RETRY, () => void this.write());
  }

  close(): void {
    this.#isClosed = true;
    this.#stopRetry?.();
  }
}
