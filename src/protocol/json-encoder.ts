import { Buffer } from 'node:buffer';
import { frameHeaderLength, TEXT, writeFrameHeader } from './frame.js';
import type { FrameSink, HostEncoder } from './host-encoder.js';

/**
 * Speaks JSON to a host, for pages that want no CBOR library: the same events, players' binary
 * messages as arrays of integers.
 */
export const jsonEncoder: HostEncoder = {
  event: write,
  message(sink, from, { text, bytes }) {
    if (text) {
      const data = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString('utf8');
      write(sink, { cmd: 'from_str', from, data });
    } else {
      write(sink, { cmd: 'from', from, data: Array.from(bytes) });
    }
  },
};

function write(sink: FrameSink, message: object): void {
  const json = Buffer.from(JSON.stringify(message));
  const at = sink.reserve(frameHeaderLength(json.length) + json.length);
  sink.buffer.set(json, writeFrameHeader(sink.buffer, at, TEXT, json.length));
}
