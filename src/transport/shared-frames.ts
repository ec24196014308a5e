import { Buffer } from 'node:buffer';
import type { Payload } from '../protocol/payload.js';
import type { ChunkPool } from './chunk-pool.js';

/** Longer frames are not copied: each receiver's outbox refers to the message's own frame. */
const MAX_SHARED = 8 * 1024;

const NOTHING: Buffer = Buffer.alloc(0);

/**
 * The small frames to players of one turn. Each frame is written once for all of its receivers,
 * behind the frame before it. Several messages from a host to the same players are thus contiguous,
 * and each player's outbox only notes where its part ends.
 *
 * The memory is reused in the next turn, unless it is kept. (With TLS it is always kept, because
 * writes do not complete at once.)
 */
export class SharedFrames {
  /** Position of the last placed frame. */
  chunk = NOTHING;
  start = 0;
  end = 0;

  readonly #chunks: ChunkPool;
  /** The message of the last placed frame. */
  #payload: Payload | undefined;
  /** Full chunks of this turn. */
  readonly #full: Buffer[] = [];
  #isKept = false;
  // The last view, for reuse.
  #view = NOTHING;
  #viewed = NOTHING;
  #viewStart = 0;
  #viewEnd = 0;

  constructor(chunks: ChunkPool) {
    this.#chunks = chunks;
  }

  /** Writes the message's frame, unless it is the last one. Returns false if it is too long. */
  place(payload: Payload): boolean {
    if (payload === this.#payload) return true;
    const { frameLength } = payload;
    if (frameLength > MAX_SHARED) return false;
    if (frameLength > this.chunk.length - this.end) this.#takeChunk();
    this.start = this.end;
    this.end += frameLength;
    payload.writeFrame(this.chunk, this.start);
    this.#payload = payload;
    return true;
  }

  /** A view of a chunk. Consecutive calls for the same part return the same object. */
  view(chunk: Buffer, start: number, end: number): Buffer {
    if (this.#viewed !== chunk || this.#viewStart !== start || this.#viewEnd !== end) {
      this.#view = chunk.subarray(start, end);
      this.#viewed = chunk;
      this.#viewStart = start;
      this.#viewEnd = end;
    }
    return this.#view;
  }

  /** Keeps the memory of this turn from being reused, because some of it is still to be written. */
  keep(): void {
    if (this.end > 0) this.#isKept = true;
  }

  /** Ends the turn: all frames are written or kept. */
  release(): void {
    this.#payload = undefined;
    this.start = 0;
    this.end = 0;
    if (this.#isKept) this.#forget();
    else for (const chunk of this.#full) this.#chunks.release(chunk);
    // Usually empty, and setting `length` is slow.
    if (this.#full.length > 0) this.#full.length = 0;
    this.#isKept = false;
  }

  #forget(): void {
    this.chunk = NOTHING;
    this.#view = NOTHING;
    this.#viewed = NOTHING;
  }

  #takeChunk(): void {
    if (this.chunk.length > 0) this.#full.push(this.chunk);
    this.chunk = this.#chunks.take();
    this.end = 0;
  }
}
