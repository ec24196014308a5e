import {
  accessSync,
  appendFileSync,
  closeSync,
  constants,
  fstatSync,
  fsyncSync,
  openSync,
  readSync,
  renameSync,
  rmSync,
} from 'node:fs';
import { open, rm } from 'node:fs/promises';
import { dirname } from 'node:path';
import type { SavedRoom } from '../rooms/saved-room.js';
import { parseState, StateError } from './saved-state.js';

/** Readable only by the relay's user, because it contains hashes of keys and tokens. */
export const MODE = 0o600;

/** Always creates the file, because an existing one may have another mode or be a link. */
export const NEW = 'wx';

/** The largest file that is read and written, in bytes, given enough memory: 10,000 rooms of 40. */
export const MAX_STATE_BYTES = 32 * 1024 * 1024;

/**
 * A file that is always complete: each write goes to a draft, which then replaces the file.
 */
export class StateFile {
  readonly #path: string;
  readonly #maxBytes: number;

  /** @param maxBytes the largest file that is read */
  constructor(path: string, maxBytes = MAX_STATE_BYTES) {
    this.#path = path;
    this.#maxBytes = maxBytes;
  }

  /**
   * Reads the rooms; none if there is no file.
   *
   * @throws {StateError} if its content cannot be used; an error of `node:fs` if it cannot be read
   */
  read(): SavedRoom[] {
    try {
      return parseState(linesOf(this.#readAll()));
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return [];
      throw error;
    }
  }

  /** Its bytes, outside of the heap. Only regular files: others could be endless. */
  #readAll(): Buffer {
    const file = openForReading(this.#path);
    try {
      const stats = fstatSync(file);
      if (stats.isDirectory()) throw notAFile('EISDIR');
      if (!stats.isFile()) throw notAFile('EINVAL');
      if (!isWithin(stats, this.#maxBytes)) throw new StateError('it is too large');
      const bytes = Buffer.allocUnsafe(stats.size);
      let length = 0;
      while (length < bytes.length) {
        const more = readSync(file, bytes, length, bytes.length - length, length);
        if (more === 0) break;
        length += more;
      }
      return bytes.subarray(0, length);
    } finally {
      closeSync(file);
    }
  }

  /**
   * Checks whether the folder is writable, before the first write.
   *
   * @throws an error of `node:fs` if not
   */
  probe(): void {
    accessSync(dirname(this.#path), constants.W_OK);
  }

  /** Renames the file and returns the new path. */
  renameUnusable(): string {
    const renamed = `${this.#path}.unreadable`;
    renameSync(this.#path, renamed);
    return renamed;
  }

  /**
   * Writes piece by piece, so that the event loop is not blocked.
   *
   * @param isWanted is called after the write: whether the draft should replace the file
   */
  async write(pieces: Iterable<string>, isWanted: () => boolean): Promise<void> {
    const draft = draftOf(this.#path);
    await rm(draft, { force: true });
    const file = await open(draft, NEW, MODE);
    try {
      // Not `write`, which succeeds with a partial write on a nearly full disk.
      for (const piece of pieces) await file.appendFile(piece);
      await file.sync();
    } finally {
      await file.close();
    }
    // Synchronously after the check, so that a `writeSync` in between is not overwritten.
    if (isWanted()) renameSync(draft, this.#path);
    else rmSync(draft, { force: true });
  }

  /** Writes synchronously. */
  writeSync(pieces: Iterable<string>): void {
    const draft = `${this.#path}.last`;
    rmSync(draft, { force: true });
    const file = openSync(draft, NEW, MODE);
    try {
      for (const piece of pieces) appendFileSync(file, piece);
      fsyncSync(file);
    } finally {
      closeSync(file);
    }
    renameSync(draft, this.#path);
  }
}

export function draftOf(path: string): string {
  return `${path}.draft`;
}

/** Does not block: opening a FIFO without a writer would otherwise wait for ever. */
export function openForReading(path: string): number {
  return openSync(path, constants.O_RDONLY | (constants.O_NONBLOCK ?? 0));
}

export function isWithin({ size }: { readonly size: number }, maxBytes: number): boolean {
  return size <= maxBytes;
}

function notAFile(code: string): Error {
  return Object.assign(new Error(`${code}: not a regular file`), { code });
}

/** The lines of a text, one at a time. The last one has no line break. */
function* linesOf(bytes: Buffer): Generator<string> {
  let start = 0;
  for (let end = bytes.indexOf(10); end >= 0; end = bytes.indexOf(10, start)) {
    yield bytes.toString('utf8', start, end);
    start = end + 1;
  }
  yield bytes.toString('utf8', start);
}
