import { Buffer } from 'node:buffer';

/** Up to this length in bytes, a message gets all its memory at once. */
const AT_ONCE = 16 * 1024;

const SMALLEST = 256;

/**
 * How much of a longer message has to arrive before it gets all its memory. Until then, the memory
 * doubles. Each step copies what has arrived: without this, 2 MiB at once for a message of 4 MiB.
 */
const TRUSTED_PART = 1 / 8;

/**
 * A message that arrives in pieces. Each piece is appended on arrival, in memory that grows with the
 * message. A message in one-byte pieces therefore takes no more memory than one in large pieces, and
 * a client that announces a long message but sends little of it occupies little memory.
 */
export class MessageBuffer {
  #memory: Buffer = Buffer.alloc(0);
  #length = 0;

  /** Number of bytes received so far. */
  get length(): number {
    return this.#length;
  }

  /** The bytes received so far. Only `add` changes them. */
  get bytes(): Buffer {
    return this.#memory.subarray(0, this.#length);
  }

  /**
   * Appends a piece. The first piece is not copied if it fills its memory, so the caller must not
   * write to it again.
   *
   * @param total length of the whole message, or `Infinity` if it is not known yet
   */
  add(piece: Buffer, total: number): void {
    if (this.#length === 0 && piece.length * 2 >= piece.buffer.byteLength) {
      this.#memory = piece;
      this.#length = piece.length;
      return;
    }
    const length = this.#length + piece.length;
    if (length > this.#memory.length) this.#grow(length, total);
    this.#memory.set(piece, this.#length);
    this.#length = length;
  }

  #grow(length: number, total: number): void {
    const doubled = Math.max(SMALLEST, length, this.#memory.length * 2);
    const hasAll = total <= AT_ONCE || length >= total * TRUSTED_PART;
    const size = hasAll ? total : Math.min(total, doubled);
    const before = this.bytes;
    // Not from Node's shared pool, because other buffers must not share this memory.
    this.#memory = Buffer.allocUnsafeSlow(size);
    this.#memory.set(before);
  }
}
