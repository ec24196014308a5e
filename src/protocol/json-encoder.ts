import { Buffer } from 'node:buffer';
import { frameHeaderLength, TEXT, writeFrameHeader } from './frame.js';
import type { FrameSink, HostEncoder } from './host-encoder.js';

/**
 * Speaks JSON to a host, for pages that want no CBOR library: the same events, players' binary
 * messages as arrays of integers.
 */
export const jsonEncoder: HostEncoder = {
  event: (sink, event) => write(sink, Buffer.from(JSON.stringify(event))),
  message(sink, from, { text, bytes }) {
    if (text) {
      const data = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString('utf8');
      write(sink, Buffer.from(JSON.stringify({ cmd: 'from_str', from, data })));
    } else {
      write(sink, withIntegers(`{"cmd":"from","from":${from},"data":[`, bytes, ']}'));
    }
  },
};

function write(sink: FrameSink, json: Uint8Array): void {
  const at = sink.reserve(frameHeaderLength(json.length) + json.length);
  sink.buffer.set(json, writeFrameHeader(sink.buffer, at, TEXT, json.length));
}

const ZERO = 0x30;
const COMMA = 0x2c;

/**
 * Bytes as integers with commas between them. By hand, because `JSON.stringify` of an array takes
 * ten times as long: 300 ms for the largest message of a player, in which nobody else is served.
 */
function withIntegers(before: string, bytes: Uint8Array, behind: string): Buffer {
  const json = Buffer.allocUnsafe(before.length + 4 * bytes.length + behind.length);
  let at = json.write(before, 'latin1');
  for (let i = 0; i < bytes.length; i++) {
    const byte = bytes[i] as number;
    if (i > 0) json[at++] = COMMA;
    if (byte >= 100) json[at++] = ZERO + Math.floor(byte / 100);
    if (byte >= 10) json[at++] = ZERO + (Math.floor(byte / 10) % 10);
    json[at++] = ZERO + (byte % 10);
  }
  at += json.write(behind, at, 'latin1');
  return json.subarray(0, at);
}
