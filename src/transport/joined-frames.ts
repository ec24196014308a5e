import type { Buffer } from 'node:buffer';

/** Where joined frames get their memory from. */
export interface Chunks {
  takeChunk(): Buffer;
  returnChunk(chunk: Buffer): void;
}

/**
 * Small frames put together into one piece, which travels faster than a list that the kernel has to
 * gather. Players of one room mostly get the same frames in one turn: what was put together for the
 * one before is used again, and a broadcast to a hundred is copied once.
 */
export class JoinedFrames {
  readonly #chunks: Chunks;
  #parts: readonly Buffer[] = [];
  #chunk: Buffer | undefined;
  #joined: Buffer | undefined;
  #isKept = false;

  constructor(chunks: Chunks) {
    this.#chunks = chunks;
  }

  /**
   * All of these in one piece, which nobody may change.
   *
   * @param parts together no longer than a chunk
   */
  join(parts: readonly Buffer[]): Buffer {
    if (this.#joined !== undefined && areSame(parts, this.#parts)) return this.#joined;
    this.release();
    const chunk = this.#chunks.takeChunk();
    let length = 0;
    for (const part of parts) {
      chunk.set(part, length);
      length += part.length;
    }
    this.#parts = parts;
    this.#chunk = chunk;
    this.#joined = chunk.subarray(0, length);
    return this.#joined;
  }

  /** Somebody still has to write what was joined last: its memory is not to be used again. */
  keep(): void {
    this.#isKept = true;
  }

  /** Nobody gets this any more. */
  release(): void {
    if (this.#chunk === undefined) return;
    if (!this.#isKept) this.#chunks.returnChunk(this.#chunk);
    this.#isKept = false;
    this.#chunk = undefined;
    this.#joined = undefined;
    this.#parts = [];
  }
}

function areSame(some: readonly Buffer[], others: readonly Buffer[]): boolean {
  if (some.length !== others.length) return false;
  for (let at = 0; at < some.length; at++) if (some[at] !== others[at]) return false;
  return true;
}
