import { Buffer } from 'node:buffer';

/** Size of a chunk, which holds the small frames of one turn, in bytes. */
export const CHUNK_BYTES = 32 * 1024;

/** How many chunks are kept for reuse. Further ones, after a burst, are left to the garbage collector. */
const MAX_SPARE = 64;

/** Reusable memory that frames are written into. */
export class ChunkPool {
  readonly #spare: Buffer[] = [];

  /** Takes a chunk for exclusive use until `release`. */
  take(): Buffer {
    return this.#spare.pop() ?? Buffer.allocUnsafeSlow(CHUNK_BYTES);
  }

  /** Returns a chunk whose bytes are no longer needed. */
  release(chunk: Buffer): void {
    if (this.#spare.length < MAX_SPARE) this.#spare.push(chunk);
  }
}
