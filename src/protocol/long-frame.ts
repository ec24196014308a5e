import { Buffer } from 'node:buffer';
import type { Output } from './frame-sink.js';

/**
 * Messages that have at least this length in bytes, or whose encoding has, become frames that are made
 * in pieces while they are sent. To make one of 24 MiB at once blocks the event loop for 60 ms, most of it
 * in the kernel, which clears each page of new memory.
 */
export const LONG_FRAME = 512 * 1024;

/** How many bytes of a message are encoded at a time. */
const BLOCK = 8 * 1024;

/** A frame that is made while it is sent. Until then, it is not in memory. */
export class LongFrame implements Output {
  readonly #pieces: Iterator<Uint8Array>;
  #rest: Uint8Array = Buffer.alloc(0);

  /**
   * @param length the length of all pieces together, which must be exact
   * @param pieces are made when they are sent: what they are made of must not change until then
   */
  constructor(
    readonly length: number,
    pieces: Iterable<Uint8Array>,
  ) {
    this.#pieces = pieces[Symbol.iterator]();
  }

  /** The next bytes. Only for ranges that follow each other. */
  subarray(start: number, end: number): Buffer {
    const length = end - start;
    if (this.#rest.length === 0) this.#rest = this.#next();
    if (this.#rest.length >= length) return this.#take(length);
    const bytes = Buffer.allocUnsafeSlow(length);
    for (let at = 0; at < length; ) {
      if (this.#rest.length === 0) this.#rest = this.#next();
      const some = this.#take(Math.min(length - at, this.#rest.length));
      bytes.set(some, at);
      at += some.length;
    }
    return bytes;
  }

  #take(length: number): Buffer {
    const { buffer, byteOffset } = this.#rest;
    this.#rest = this.#rest.subarray(length);
    return Buffer.from(buffer, byteOffset, length);
  }

  #next(): Uint8Array {
    const { value, done } = this.#pieces.next();
    if (done === true) throw new Error('a frame is shorter than its header says');
    return value;
  }
}

/** Splits a long message, so that each block can be encoded by itself. */
export function* blocksOf(bytes: Uint8Array): Generator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += BLOCK) yield bytes.subarray(at, at + BLOCK);
}
