import type { FrameSink } from '../../src/protocol/host-encoder.js';

const MARGIN = 16;
const UNTOUCHED = 0xaa;

/**
 * Keeps what an encoder writes. Like a connection's outbox it gives room in the middle of a
 * buffer, and in another buffer every time.
 */
export class RecordingSink implements FrameSink {
  buffer: Buffer = Buffer.alloc(0);

  /** The room that was reserved, in order. */
  readonly parts: Uint8Array[] = [];

  readonly #margins: Uint8Array[] = [];

  reserve(length: number): number {
    this.buffer = Buffer.alloc(MARGIN + length + MARGIN, UNTOUCHED);
    this.parts.push(this.buffer.subarray(MARGIN, MARGIN + length));
    this.#margins.push(this.buffer.subarray(0, MARGIN), this.buffer.subarray(MARGIN + length));
    return MARGIN;
  }

  giveBack(length: number): void {
    const room = this.parts.pop() as Uint8Array;
    this.parts.push(room.subarray(0, -length));
    // What is given back may have been written to.
    this.buffer.fill(UNTOUCHED, MARGIN + room.length);
  }

  /** Everything, as it goes over the line. */
  bytes(): Buffer {
    const spilled = this.#margins.some((margin) => margin.some((byte) => byte !== UNTOUCHED));
    if (spilled) throw new Error('written outside of the room that was reserved');
    return Buffer.concat(this.parts);
  }
}
