import { Buffer } from 'node:buffer';

/** Size of a chunk, which holds the small frames of one turn, in bytes. */
export const CHUNK_BYTES = 32 * 1024;

/** Size of a small chunk, in bytes. */
export const SMALL_CHUNK_BYTES = 2 * 1024;

/** How many chunks are kept for reuse. Further ones, after a burst, are left to the garbage collector. */
const MAX_SPARE = 64;
const MAX_SMALL_SPARE = 1024;

/**
 * Reusable memory that frames are written into.
 *
 * If thousands of connections get a short message in the same turn, most of their chunks are small.
 * Otherwise each turn would allocate 32 KiB per connection, and V8 would mark the whole heap after
 * every 64 MiB. The turns would become longer, and with more connections in each of them it would
 * never recover.
 */
export class ChunkPool {
  readonly #spare: Buffer[] = [];
  readonly #smallSpare: Buffer[] = [];
  /** How many connections have taken a first chunk in this turn. */
  #firsts = 0;

  /** Takes a chunk for exclusive use until `release`. */
  take(): Buffer {
    return this.#spare.pop() ?? Buffer.allocUnsafeSlow(CHUNK_BYTES);
  }

  /** Takes a chunk for a connection's first frames in a turn: a small one if many have taken one. */
  takeFirst(length: number): Buffer {
    if (this.#firsts++ < MAX_SPARE || length > SMALL_CHUNK_BYTES) return this.take();
    return this.#smallSpare.pop() ?? Buffer.allocUnsafeSlow(SMALL_CHUNK_BYTES);
  }

  /** Returns a chunk whose bytes are no longer needed. */
  release(chunk: Buffer): void {
    if (chunk.length === SMALL_CHUNK_BYTES) {
      if (this.#smallSpare.length < MAX_SMALL_SPARE) this.#smallSpare.push(chunk);
    } else if (this.#spare.length < MAX_SPARE) this.#spare.push(chunk);
  }

  /** To be called when the output of a turn is flushed. */
  endTurn(): void {
    this.#firsts = 0;
  }
}
