import { Buffer } from 'node:buffer';
import type { FrameSink } from '../protocol/host-encoder.js';
import { CHUNK_BYTES, type Flushable, type FlushCycle } from './flush-cycle.js';
import { type SendQueue, SLICE_BYTES } from './send-queue.js';

const NOTHING: Buffer = Buffer.alloc(0);

/**
 * Everything that leaves on one connection, in order, until the end of the turn.
 *
 * A frame is either attached by reference, as one that many receivers share, or written in place
 * into `buffer`, which saves every message to a host an object and a copy.
 */
export class Outbox implements FrameSink, Flushable {
  /** Where `reserve` gave room. */
  buffer: Buffer = NOTHING;

  readonly #queue: SendQueue;
  readonly #cycle: FlushCycle;
  #open = true;
  #scheduled = false;
  #beforeFlush: (() => void) | undefined;

  // What leaves, in order: these parts, then what was written to the chunk since it was sealed.
  readonly #parts: Buffer[] = [];
  #length = 0;
  #chunk = NOTHING;
  #sealed = 0;
  #filled = 0;

  constructor(queue: SendQueue, cycle: FlushCycle) {
    this.#queue = queue;
    this.#cycle = cycle;
  }

  /** False once the connection is closing: nothing may be written or attached any more. */
  get open(): boolean {
    return this.#open;
  }

  reserve(length: number): number {
    this.#schedule(length);
    if (length > this.#chunk.length - this.#filled) {
      this.#seal();
      if (length > CHUNK_BYTES) {
        this.buffer = Buffer.allocUnsafeSlow(length);
        this.#parts.push(this.buffer);
        return 0;
      }
      this.#chunk = this.#cycle.takeChunk();
      this.#sealed = 0;
      this.#filled = 0;
    }
    this.buffer = this.#chunk;
    const at = this.#filled;
    this.#filled += length;
    return at;
  }

  /** Adds a whole frame, which must never change. */
  attach(frame: Buffer): void {
    this.#schedule(frame.length);
    this.#seal();
    this.#parts.push(frame);
  }

  /** Lets somebody add to what leaves at the end of this turn; only the last one who asks. */
  beforeFlush(add: () => void): void {
    this.#beforeFlush = add;
    this.#schedule(0);
  }

  /** Hands all there is on, in one write if the socket keeps up. */
  flush(): void {
    const add = this.#beforeFlush;
    this.#beforeFlush = undefined;
    add?.();
    this.#scheduled = false;
    if (this.#length === 0) return;
    this.#seal();
    if (!this.#queue.idle || this.#length > SLICE_BYTES) this.#queue.push(this.#parts);
    else if (this.#parts.length > 1 && this.#length <= CHUNK_BYTES) this.#writeJoined();
    else this.#queue.write(this.#parts, this.#length);
    if (this.#chunk !== NOTHING) this.#giveBack(this.#chunk);
    this.#parts.length = 0;
    this.#length = 0;
    this.#chunk = NOTHING;
    this.#sealed = 0;
    this.#filled = 0;
    this.buffer = NOTHING;
  }

  /** Flushes for the last time: what is sent next, by whomever, is the close frame. */
  end(): void {
    this.flush();
    this.#queue.flush();
    this.#open = false;
  }

  /** Small frames travel faster in one piece than as a list that the kernel has to gather. */
  #writeJoined(): void {
    const joined = this.#cycle.takeChunk();
    let length = 0;
    for (const part of this.#parts) {
      joined.set(part, length);
      length += part.length;
    }
    this.#queue.write([joined.subarray(0, length)], length);
    this.#giveBack(joined);
  }

  /** An idle queue means that the kernel has every byte, so the chunk can be written to again. */
  #giveBack(chunk: Buffer): void {
    if (this.#queue.idle) this.#cycle.returnChunk(chunk);
    else this.#queue.pin(chunk);
  }

  #seal(): void {
    if (this.#filled === this.#sealed) return;
    this.#parts.push(this.#chunk.subarray(this.#sealed, this.#filled));
    this.#sealed = this.#filled;
  }

  #schedule(length: number): void {
    this.#length += length;
    if (this.#scheduled) return;
    this.#scheduled = true;
    this.#cycle.schedule(this);
  }
}
