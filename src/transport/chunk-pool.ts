import { Buffer } from 'node:buffer';

/** Room for the small frames of one turn, in bytes. */
export const CHUNK_BYTES = 32 * 1024;

/** Chunks kept for the next turn; more than that were a burst, and go back to the collector. */
const MAX_SPARE = 64;

/** Memory that frames are written into, and that is used again in the next turn. */
export class ChunkPool {
  readonly #spare: Buffer[] = [];

  /** A chunk that nobody else writes to, until it is given back. */
  take(): Buffer {
    return this.#spare.pop() ?? Buffer.allocUnsafeSlow(CHUNK_BYTES);
  }

  /** Gives a chunk back of which nobody needs a byte any more. */
  giveBack(chunk: Buffer): void {
    if (this.#spare.length < MAX_SPARE) this.#spare.push(chunk);
  }
}
