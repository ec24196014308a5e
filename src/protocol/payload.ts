import { Buffer } from 'node:buffer';
import { BINARY, frameHeaderLength, TEXT, writeFrameHeader } from './frame.js';

/**
 * One message on its way through the relay: bytes that nobody here looks into, and whether they
 * travel as a text or as a binary frame. The bytes of a text are valid UTF-8.
 */
export class Payload {
  #frame: Buffer | undefined;

  constructor(
    readonly bytes: Uint8Array,
    readonly text: boolean,
  ) {}

  /**
   * The message as one WebSocket frame, made on first use and then shared by every receiver:
   * however many players get it, it is framed and copied once.
   */
  get frame(): Buffer {
    if (this.#frame !== undefined) return this.#frame;
    const { length } = this.bytes;
    const header = frameHeaderLength(length);
    const frame = Buffer.allocUnsafe(header + length);
    writeFrameHeader(frame, 0, this.text ? TEXT : BINARY, length);
    frame.set(this.bytes, header);
    this.#frame = frame;
    return frame;
  }
}
