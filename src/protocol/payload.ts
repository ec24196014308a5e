import { Buffer } from 'node:buffer';
import { BINARY, frameHeaderLength, MAX_HEADER, TEXT, writeFrameHeader } from './frame.js';

/**
 * A longer message that fills less than half of its memory gets a frame of its own: otherwise, each
 * receiver that does not keep up would copy it.
 */
const MAX_COPIES = 64 * 1024;

/**
 * One message: its bytes, which the relay does not decode, and whether they are sent as a text or
 * as a binary frame. The bytes of a text are valid UTF-8.
 */
export class Payload {
  #frame: Buffer | undefined;
  #retained: Payload | undefined;
  readonly #headroom: number;

  /** @param headroom how many bytes directly before `bytes` are unused and may be overwritten */
  constructor(
    readonly bytes: Uint8Array,
    readonly text: boolean,
    headroom = 0,
  ) {
    this.#headroom = headroom;
  }

  /**
   * The message as one WebSocket frame, created on first use and shared by all receivers. With enough
   * headroom for the header, the message is usually not copied.
   */
  get frame(): Buffer {
    this.#frame ??= this.#makeFrame();
    return this.#frame;
  }

  /** The length of the frame, in bytes. */
  get frameLength(): number {
    const { length } = this.bytes;
    return frameHeaderLength(length) + length;
  }

  /** Writes the frame into `target`, which must have space for it. */
  writeFrame(target: Buffer, at: number): void {
    const { bytes, text } = this;
    target.set(bytes, writeFrameHeader(target, at, text ? TEXT : BINARY, bytes.length));
  }

  /**
   * The same message for offline buffers, which share it. It has memory of its own, with headroom for
   * the header: if it shared memory with other data, it would retain all of that memory.
   */
  get retained(): Payload {
    this.#retained ??= this.#makeRetained();
    return this.#retained;
  }

  /** The same message for a short wait: itself, unless it would retain much memory of other data. */
  get alone(): Payload {
    return this.#fillsMemory ? this : this.retained;
  }

  get #fillsMemory(): boolean {
    return this.bytes.length * 2 >= this.bytes.buffer.byteLength;
  }

  #makeRetained(): Payload {
    const { bytes, text } = this;
    if (this.#fillsMemory && this.#headroom >= frameHeaderLength(bytes.length)) return this;
    const memory = Buffer.allocUnsafeSlow(MAX_HEADER + bytes.length);
    memory.set(bytes, MAX_HEADER);
    return new Payload(memory.subarray(MAX_HEADER), text, MAX_HEADER);
  }

  #makeFrame(): Buffer {
    const { bytes, text, frameLength } = this;
    const header = frameLength - bytes.length;
    if (this.#headroom >= header && (bytes.length <= MAX_COPIES || this.#fillsMemory)) {
      const frame = Buffer.from(bytes.buffer, bytes.byteOffset - header, frameLength);
      writeFrameHeader(frame, 0, text ? TEXT : BINARY, bytes.length);
      return frame;
    }
    const frame = Buffer.allocUnsafe(frameLength);
    this.writeFrame(frame, 0);
    return frame;
  }
}
