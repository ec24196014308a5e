import {
  accessSync,
  appendFileSync,
  closeSync,
  constants,
  fsyncSync,
  openSync,
  readFileSync,
  renameSync,
  rmSync,
} from 'node:fs';
import { open, rm } from 'node:fs/promises';
import { dirname } from 'node:path';
import type { SavedRoom } from '../rooms/saved-room.js';
import { parseState } from './saved-state.js';

/** Only whoever runs the relay reads it: it tells who may come back. */
const MODE = 0o600;

/** One that is there already may have another mode, or be a link to elsewhere. */
const NEW = 'wx';

/**
 * A file that is always whole: what is written goes to another one, which then takes its place.
 */
export class StateFile {
  readonly #path: string;

  constructor(path: string) {
    this.#path = path;
  }

  /**
   * Reads the rooms that were written; none if there is no file.
   *
   * @throws {StateError} if it is there and cannot be used; an error of `node:fs` if it cannot be read
   */
  read(): SavedRoom[] {
    try {
      return parseState(readFileSync(this.#path, 'utf8'));
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return [];
      throw error;
    }
  }

  /**
   * Looks whether it could be written, before there is something to write.
   *
   * @throws an error of `node:fs` if not
   */
  probe(): void {
    accessSync(dirname(this.#path), constants.W_OK);
  }

  /** Moves it out of the way and says where to. */
  setAside(): string {
    const aside = `${this.#path}.unreadable`;
    renameSync(this.#path, aside);
    return aside;
  }

  /**
   * Writes piece by piece, so that others have their turn in between.
   *
   * @param isWanted whether this is still what the file should be, once all of it is written
   */
  async write(pieces: Iterable<string>, isWanted: () => boolean): Promise<void> {
    const draft = `${this.#path}.draft`;
    await rm(draft, { force: true });
    const file = await open(draft, NEW, MODE);
    try {
      // Not `write`: on a disk that is nearly full it writes a part and calls that a success.
      for (const piece of pieces) await file.appendFile(piece);
      await file.sync();
    } finally {
      await file.close();
    }
    // In one go with the question: whoever writes at once must not be overtaken.
    if (isWanted()) renameSync(draft, this.#path);
    else rmSync(draft, { force: true });
  }

  /** Writes at once, while everybody waits. */
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
