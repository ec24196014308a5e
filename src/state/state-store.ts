import type { Room } from '../rooms/room.js';
import type { SavedRoom } from '../rooms/saved-room.js';
import { firstLine, lastLine, roomLine, StateError } from './saved-state.js';
import { MAX_STATE_BYTES, StateFile } from './state-file.js';

/** The shortest time between two writes, in milliseconds. */
const INTERVAL = 1000;

/** An upper bound for the last line. */
const LAST_LINE_BYTES = 64;

/** A piece is written when it has this many characters, which take a millisecond or two to produce. */
const PIECE_LENGTH = 1 << 16;

/** Stands for a line that does not fit into the file any more. */
const TOO_LONG = Symbol('too long');

/** Is notified of problems with the file. */
export interface StateLog {
  /** The file could not be used, and was renamed to this path. */
  stateFileRenamed(path: string, reason: string): void;
  /** The file could not be read or written. Games continue. */
  stateFileFailed(error: unknown): void;
}

/**
 * Keeps rooms with a reconnect window in a file, so that they survive a restart. A room is serialized
 * again only when it has changed.
 */
export class StateStore {
  /** Number of failed reads and writes. */
  errors = 0;
  readonly #file: StateFile;
  readonly #maxBytes: number;
  readonly #rooms: () => Iterable<Room>;
  readonly #log: StateLog;
  /** The lines of rooms that have not changed; of those that did not fit, only how many bytes they had. */
  readonly #lines = new Map<Room, string | number>();
  /** How many characters of lines that did not fit were produced since the last piece. */
  #discarded = 0;
  #timer: NodeJS.Timeout | undefined;
  #writing = false;
  #changed = false;
  #failed = false;
  /** How many rooms did not fit into the file. */
  #leftOut = 0;
  #stopped = false;

  /** @param maxBytes the largest file that is read or written */
  constructor(
    path: string,
    rooms: () => Iterable<Room>,
    log: StateLog,
    maxBytes = MAX_STATE_BYTES,
  ) {
    this.#file = new StateFile(path, maxBytes);
    this.#maxBytes = maxBytes;
    this.#rooms = rooms;
    this.#log = log;
  }

  /** Reads the rooms of the last process. A file that cannot be used is renamed and counts as empty. */
  read(): SavedRoom[] {
    const rooms = this.#readFile();
    try {
      this.#file.probe();
    } catch (error) {
      this.#fail(error);
    }
    return rooms;
  }

  /** The saved state of this room has changed, or the room has ended. */
  changed(room: Room): void {
    const isWritten = this.#lines.delete(room);
    if (!isWritten && !room.hasReconnectWindow) return;
    this.#changed = true;
    this.#schedule();
  }

  /** Writes synchronously for the last time. */
  finish(): void {
    this.stop();
    try {
      this.#file.writeSync(this.#pieces(true));
      this.#written();
    } catch (error) {
      this.#fail(error);
    }
  }

  /** Stops writing. The file stays. */
  stop(): void {
    this.#stopped = true;
    clearTimeout(this.#timer);
  }

  #readFile(): SavedRoom[] {
    try {
      return this.#file.read();
    } catch (error) {
      if (error instanceof StateError || isForbidden(error)) this.#renameUnusable(error.message);
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
      this.#written();
    } catch (error) {
      this.#fail(error);
    }
    this.#writing = false;
    if (this.#changed) this.#schedule();
  }

  /** @param final whether the rooms do not change any more */
  *#pieces(final: boolean): Generator<string> {
    let rooms = 0;
    let leftOut = 0;
    let piece = firstLine();
    let left = this.#maxBytes - piece.length - LAST_LINE_BYTES;
    for (const room of this.#rooms()) {
      // Do not write more than can be read.
      const line = this.#lineOf(room, left);
      if (line === undefined) continue;
      if (line === TOO_LONG) leftOut++;
      else {
        // A line may have more bytes than characters.
        left -= Buffer.byteLength(line);
        rooms++;
        piece += line;
      }
      if (piece.length + this.#discarded < PIECE_LENGTH) continue;
      yield piece;
      piece = '';
      this.#discarded = 0;
    }
    yield piece + lastLine(rooms, final);
    this.#leftOut = leftOut;
  }

  /** `undefined` for a room without a reconnect window, `TOO_LONG` if the line has more bytes than are left. */
  #lineOf(room: Room, left: number): string | typeof TOO_LONG | undefined {
    const known = this.#lines.get(room);
    if (typeof known === 'number' && known > left) return TOO_LONG;
    const line = typeof known === 'string' ? known : lineOf(room);
    if (line === undefined) return undefined;
    const bytes = Buffer.byteLength(line);
    if (bytes <= left) {
      this.#lines.set(room, line);
      return line;
    }
    // Lines of all rooms may be many times as long as the file.
    this.#lines.set(room, bytes);
    if (line !== known) this.#discarded += line.length;
    return TOO_LONG;
  }

  #renameUnusable(reason: string): void {
    try {
      this.#log.stateFileRenamed(this.#file.renameUnusable(), reason);
    } catch (error) {
      this.#fail(error);
    }
  }

  /** A file that is too small is logged once, until all rooms fit again. */
  #written(): void {
    if (this.#leftOut === 0) this.#failed = false;
    else this.#report(new Error(`the state file is full; ${this.#leftOut} rooms are not saved`));
  }

  /** Logs repeated failures, such as a full disk, once, until writing works again. */
  #fail(error: unknown): void {
    this.#report(error);
    this.#changed = true;
  }

  #report(error: unknown): void {
    this.errors++;
    if (!this.#failed) this.#log.stateFileFailed(error);
    this.#failed = true;
  }
}

function lineOf({ saved }: Room): string | undefined {
  return saved && roomLine(saved);
}

/** A file that may not be read may belong to another program, so it is not overwritten. */
function isForbidden(error: unknown): error is Error {
  const { code } = error as NodeJS.ErrnoException;
  return code === 'EACCES' || code === 'EPERM';
}
