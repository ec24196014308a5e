import type { FrameSink, Output } from '../../src/protocol/frame-sink.js';

const MARGIN = 16;
const UNTOUCHED = 0xaa;
const RANGE = 10_007;

/**
 * Records the output of an encoder. Like a connection's outbox, it reserves space in the middle of a
 * buffer, and in another buffer each time.
 */
export class RecordingSink implements FrameSink {
  buffer: Buffer = Buffer.alloc(0);

  /** The reserved spaces, in order. */
  readonly parts: Uint8Array[] = [];

  readonly #margins: Uint8Array[] = [];

  reserve(length: number): number {
    this.buffer = Buffer.alloc(MARGIN + length + MARGIN, UNTOUCHED);
    this.parts.push(this.buffer.subarray(MARGIN, MARGIN + length));
    this.#margins.push(this.buffer.subarray(0, MARGIN), this.buffer.subarray(MARGIN + length));
    return MARGIN;
  }

  /** Takes it in ranges that do not fit its pieces. */
  attach(frame: Output): void {
    for (let start = 0; start < frame.length; start += RANGE) {
      this.parts.push(frame.subarray(start, Math.min(frame.length, start + RANGE)));
    }
  }

  release(length: number): void {
    const room = this.parts.pop() as Uint8Array;
    this.parts.push(room.subarray(0, -length));
    // Released space may have been written to.
    this.buffer.fill(UNTOUCHED, MARGIN + room.length);
  }

  /** All output, in order. */
  bytes(): Buffer {
    const spilled = this.#margins.some((margin) => margin.some((byte) => byte !== UNTOUCHED));
    if (spilled) throw new Error('written outside of the room that was reserved');
    return Buffer.concat(this.parts);
  }
}
