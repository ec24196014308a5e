import { frameHeaderLength } from '../../src/protocol/frame.js';
import type { FrameSink } from '../../src/protocol/host-encoder.js';

/** A frame sink without a connection: everything it was given, in order. */
export class TestSink implements FrameSink {
  buffer: Buffer = Buffer.alloc(0);
  readonly parts: Uint8Array[] = [];

  reserve(length: number): number {
    // Somewhere in the middle, so that an encoder that forgets its offset is found out.
    this.buffer = Buffer.alloc(length + 14, 0xee);
    this.parts.push(this.buffer.subarray(7, 7 + length));
    return 7;
  }

  attach(bytes: Uint8Array): void {
    this.parts.push(bytes);
  }

  get bytes(): Buffer {
    return Buffer.concat(this.parts);
  }
}

/** What one frame carries that is written to a sink. */
export function encodedPayload(write: (sink: FrameSink) => void): Buffer {
  const sink = new TestSink();
  write(sink);
  const frame = sink.bytes;
  const [, short = 0] = frame;
  const header = short < 126 ? 2 : short === 126 ? 4 : 10;
  if (frameHeaderLength(frame.length - header) !== header) throw new Error('a frame of odd length');
  return frame.subarray(header);
}
