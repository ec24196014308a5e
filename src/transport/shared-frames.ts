import { Buffer } from 'node:buffer';
import type { Payload } from '../protocol/payload.js';
import type { ChunkPool } from './chunk-pool.js';

/** A longer message is not worth a copy: its frame is attached to each receiver as it is. */
const MAX_SHARED = 8 * 1024;

const NOTHING: Buffer = Buffer.alloc(0);

/**
 * The small frames that players get in one turn, each written once for all of its receivers, one
 * behind the other. What a host says in one go to the same players is one piece of memory, and for
 * each of them there is nothing to do but to note where it ends.
 *
 * The memory is used again in the next turn, unless somebody keeps it. (Through TLS nothing is
 * written at once, so there it is always kept.)
 */
export class SharedFrames {
  /** Where the frame is that was placed last. */
  chunk = NOTHING;
  start = 0;
  end = 0;

  readonly #chunks: ChunkPool;
  /** Whose frame that is. */
  #payload: Payload | undefined;
  /** Chunks that were filled in this turn. */
  readonly #full: Buffer[] = [];
  #isKept = false;
  // Which piece was asked for last.
  #view = NOTHING;
  #viewed = NOTHING;
  #viewStart = 0;
  #viewEnd = 0;

  constructor(chunks: ChunkPool) {
    this.#chunks = chunks;
  }

  /** Writes the message's frame, unless it has just been written. False for one that is too long. */
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

  /** A piece of any chunk; the same one for all who ask for it in turn. */
  view(chunk: Buffer, start: number, end: number): Buffer {
    if (this.#viewed !== chunk || this.#viewStart !== start || this.#viewEnd !== end) {
      this.#view = chunk.subarray(start, end);
      this.#viewed = chunk;
      this.#viewStart = start;
      this.#viewEnd = end;
    }
    return this.#view;
  }

  /** Somebody still has to write what was placed in this turn: its memory is not to be used again. */
  keep(): void {
    if (this.end > 0) this.#isKept = true;
  }

  /** The turn is over: what was placed has been written, or is kept. */
  release(): void {
    this.#payload = undefined;
    this.start = 0;
    this.end = 0;
    if (this.#isKept) this.#forget();
    else for (const chunk of this.#full) this.#chunks.giveBack(chunk);
    // Most often it is empty, and to set a length takes as long as ten fields.
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
