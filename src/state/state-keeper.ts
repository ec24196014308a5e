import type { Room } from '../rooms/room.js';
import type { SavedRoom } from '../rooms/saved-room.js';
import { firstLine, lastLine, roomLine, StateError } from './saved-state.js';
import { StateFile } from './state-file.js';

/** How often the file is written at most, in milliseconds. */
const INTERVAL = 1000;

/** From this length on a piece is written, in characters: making it takes a millisecond or two. */
const PIECE = 1 << 16;

/** Whoever wants to know what became of the file. */
export interface StateLog {
  /** It could not be used, and was moved there. */
  stateSetAside(path: string, why: string): void;
  /** It could not be read or written. Games go on. */
  stateFailed(error: unknown): void;
}

/**
 * Keeps the rooms that wait for their people in a file, so that they outlive the process. A room is
 * written anew only if it has changed.
 */
export class StateKeeper {
  /** How often reading or writing has failed. */
  errors = 0;
  readonly #file: StateFile;
  readonly #rooms: () => Iterable<Room>;
  readonly #log: StateLog;
  readonly #lines = new Map<Room, string>();
  #timer: NodeJS.Timeout | undefined;
  #writing = false;
  #changed = false;
  #failed = false;
  #stopped = false;

  constructor(path: string, rooms: () => Iterable<Room>, log: StateLog) {
    this.#file = new StateFile(path);
    this.#rooms = rooms;
    this.#log = log;
  }

  /** The rooms of the process before. What cannot be used is set aside, and there are none. */
  read(): SavedRoom[] {
    const rooms = this.#readFile();
    try {
      this.#file.probe();
    } catch (error) {
      this.#fail(error);
    }
    return rooms;
  }

  /** What is to be written of this room has changed, or it has ended. */
  changed(room: Room): void {
    const isWritten = this.#lines.delete(room);
    if (!isWritten && !room.waits) return;
    this.#changed = true;
    this.#schedule();
  }

  /** Writes at once, and then never again. */
  finish(): void {
    this.stop();
    try {
      this.#file.writeSync(this.#pieces(true));
    } catch (error) {
      this.#fail(error);
    }
  }

  /** Never writes again; what is written stays. */
  stop(): void {
    this.#stopped = true;
    clearTimeout(this.#timer);
  }

  #readFile(): SavedRoom[] {
    try {
      return this.#file.read();
    } catch (error) {
      if (error instanceof StateError || isForbidden(error)) this.#setAside(error.message);
      else this.#fail(error);
      return [];
    }
  }

  #schedule(): void {
    if (this.#stopped || this.#writing || this.#timer !== undefined) return;
    this.#timer = setTimeout(() => void this.#write(), INTERVAL);
    this.#timer.unref();
  }

  async #write(): Promise<void> {
    this.#timer = undefined;
    this.#writing = true;
    this.#changed = false;
    try {
      await this.#file.write(this.#pieces(false), () => !this.#stopped);
      this.#failed = false;
    } catch (error) {
      this.#fail(error);
    }
    this.#writing = false;
    if (this.#changed) this.#schedule();
  }

  /** @param final whether nothing happens to the rooms after this */
  *#pieces(final: boolean): Generator<string> {
    let rooms = 0;
    let piece = firstLine();
    for (const room of this.#rooms()) {
      const line = this.#lineOf(room);
      if (line === undefined) continue;
      rooms++;
      piece += line;
      if (piece.length < PIECE) continue;
      yield piece;
      piece = '';
    }
    yield piece + lastLine(rooms, final);
  }

  /** `undefined` for a room that does not wait for anybody. */
  #lineOf(room: Room): string | undefined {
    const known = this.#lines.get(room);
    if (known !== undefined) return known;
    const { saved } = room;
    if (saved === undefined) return undefined;
    const line = roomLine(saved);
    this.#lines.set(room, line);
    return line;
  }

  #setAside(why: string): void {
    try {
      this.#log.stateSetAside(this.#file.setAside(), why);
    } catch (error) {
      this.#fail(error);
    }
  }

  /** A disk that is full stays full for a while: said once, until it works again. */
  #fail(error: unknown): void {
    this.errors++;
    if (!this.#failed) this.#log.stateFailed(error);
    this.#failed = true;
    this.#changed = true;
  }
}

/** A file that must not be read is still somebody's, and is not to be written over. */
function isForbidden(error: unknown): error is Error {
  const { code } = error as NodeJS.ErrnoException;
  return code === 'EACCES' || code === 'EPERM';
}
