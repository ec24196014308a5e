import { Buffer } from 'node:buffer';
import { BINARY, frameHeaderLength, MAX_HEADER, TEXT, writeFrameHeader } from './frame.js';

/**
 * One message on its way through the relay: bytes that nobody here looks into, and whether they
 * travel as a text or as a binary frame. The bytes of a text are valid UTF-8.
 */
export class Payload {
  #frame: Buffer | undefined;
  #kept: Payload | undefined;
  readonly #headroom: number;

  /** @param headroom how many bytes right before these are nobody's, and may be written to */
  constructor(
    readonly bytes: Uint8Array,
    readonly text: boolean,
    headroom = 0,
  ) {
    this.#headroom = headroom;
  }

  /**
   * The message as one WebSocket frame, made on first use and then shared by every receiver. It is
   * not even copied where there is room for the header in front of it.
   */
  get frame(): Buffer {
    this.#frame ??= this.#makeFrame();
    return this.#frame;
  }

  /** How long that frame is. */
  get frameLength(): number {
    const { length } = this.bytes;
    return frameHeaderLength(length) + length;
  }

  /** Writes the frame to where there is room for it. */
  writeFrame(target: Buffer, at: number): void {
    const { bytes, text } = this;
    target.set(bytes, writeFrameHeader(target, at, text ? TEXT : BINARY, bytes.length));
  }

  /**
   * The same message for whoever keeps it for long, shared by all who do: one whose memory holds
   * other things as well would keep those, too, and one without room for a header its frame.
   */
  get kept(): Payload {
    this.#kept ??= this.#makeKept();
    return this.#kept;
  }

  #makeKept(): Payload {
    const { bytes, text } = this;
    const fills = bytes.length * 2 >= bytes.buffer.byteLength;
    if (fills && this.#headroom >= frameHeaderLength(bytes.length)) return this;
    const memory = Buffer.allocUnsafeSlow(MAX_HEADER + bytes.length);
    memory.set(bytes, MAX_HEADER);
    return new Payload(memory.subarray(MAX_HEADER), text, MAX_HEADER);
  }

  #makeFrame(): Buffer {
    const { bytes, text, frameLength } = this;
    const header = frameLength - bytes.length;
    if (this.#headroom >= header) {
      const frame = Buffer.from(bytes.buffer, bytes.byteOffset - header, frameLength);
      writeFrameHeader(frame, 0, text ? TEXT : BINARY, bytes.length);
      return frame;
    }
    const frame = Buffer.allocUnsafe(frameLength);
    this.writeFrame(frame, 0);
    return frame;
  }
}
