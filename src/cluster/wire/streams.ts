import { Buffer } from 'node:buffer';
import { MAX_HEADER } from '../../protocol/frame.js';
import { Payload } from '../../protocol/payload.js';
import { WireError } from './frames.js';
import { MAX_INLINE, MAX_STREAMS } from './wire.js';

interface Stream {
  /** With space for the header of a WebSocket frame in front. */
  readonly memory: Buffer;
  length: number;
}

/** Long messages that arrive in pieces. */
export class Streams {
  readonly #streams = new Map<number, Stream>();
  readonly #maxMessage: number;
  #bytes = 0;

  /** @param maxMessage the longest message, in bytes */
  constructor(maxMessage: number) {
    this.#maxMessage = maxMessage;
  }

  /** The memory of incomplete messages, in bytes. */
  get bytes(): number {
    return this.#bytes;
  }

  /**
   * Adds a piece of a message of `total` bytes.
   *
   * @throws {WireError}
   */
  add(number: number, total: number, piece: Uint8Array): void {
    const stream = this.#streams.get(number) ?? this.#begin(number, total);
    const { memory, length } = stream;
    if (memory.length !== total + MAX_HEADER) throw new WireError('a stream of two lengths');
    if (piece.length === 0 || length + piece.length > total) {
      throw new WireError('a piece that does not fit its stream');
    }
    memory.set(piece, MAX_HEADER + length);
    stream.length += piece.length;
  }

  /**
   * Takes a complete message out.
   *
   * @throws {WireError}
   */
  take(number: number, text: boolean): Payload {
    const stream = this.#streams.get(number);
    if (stream === undefined) throw new WireError('the end of an unknown stream');
    const { memory, length } = stream;
    if (length + MAX_HEADER !== memory.length)
      throw new WireError('the end of an incomplete stream');
    this.#streams.delete(number);
    this.#bytes -= length;
    return new Payload(memory.subarray(MAX_HEADER), text, MAX_HEADER);
  }

  clear(): void {
    this.#streams.clear();
    this.#bytes = 0;
  }

  #begin(number: number, total: number): Stream {
    if (total <= MAX_INLINE || total > this.#maxMessage) {
      throw new WireError(`a stream of ${total} bytes`);
    }
    if (this.#streams.size >= MAX_STREAMS) throw new WireError('too many streams');
    const stream = { memory: Buffer.allocUnsafeSlow(total + MAX_HEADER), length: 0 };
    this.#streams.set(number, stream);
    this.#bytes += total;
    return stream;
  }
}
