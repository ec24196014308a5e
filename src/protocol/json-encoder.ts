import { Buffer } from 'node:buffer';
import { frameHeaderLength, TEXT, writeFrameHeader } from './frame.js';
import type { FrameSink, HostEncoder } from './host-encoder.js';

/**
 * Speaks JSON to a host, for pages that want no CBOR library: the same events, players' binary
 * messages as arrays of integers.
 *
 * Messages are written by hand, straight into their frame. `JSON.stringify` would take 100 ms for
 * the largest text of a player and 300 for as many bytes, in which nobody else is served.
 */
export const jsonEncoder: HostEncoder = {
  event(sink, event) {
    const json = Buffer.from(JSON.stringify(event));
    const at = reserveFrame(sink, json.length);
    sink.buffer.set(json, at);
  },
  message(sink, from, { text, bytes }) {
    const before = text
      ? `{"cmd":"from_str","from":${from},"data":"`
      : `{"cmd":"from","from":${from},"data":[`;
    const behind = text ? '"}' : ']}';
    const length = text ? escapedLength(bytes) : integersLength(bytes);
    let at = reserveFrame(sink, before.length + length + behind.length);
    at = writeAscii(sink.buffer, at, before);
    at = (text ? writeEscaped : writeIntegers)(sink.buffer, at, bytes);
    writeAscii(sink.buffer, at, behind);
  },
};

/** Room for a frame with so much in it, its header written; returns where the rest starts. */
function reserveFrame(sink: FrameSink, length: number): number {
  const at = sink.reserve(frameHeaderLength(length) + length);
  return writeFrameHeader(sink.buffer, at, TEXT, length);
}

function writeAscii(target: Uint8Array, at: number, text: string): number {
  for (let i = 0; i < text.length; i++) target[at++] = text.charCodeAt(i);
  return at;
}

const BACKSLASH = 0x5c;
const SPACE = 0x20;
const ZERO = 0x30;
const COMMA = 0x2c;
const LETTER_U = 0x75;
const HEX = Buffer.from('0123456789abcdef');

/**
 * What is behind the backslash for each byte that needs one (RFC 8259 section 7): a letter, or `u`
 * for a control character that has none. 0 for a byte that stands for itself; all of UTF-8 beyond
 * ASCII does.
 */
const ESCAPES = new Uint8Array(256).fill(LETTER_U, 0, SPACE);
for (const [character, byte] of Object.entries({
  b: 8,
  t: 9,
  n: 10,
  f: 12,
  r: 13,
  '"': 34,
  '\\': 92,
})) {
  ESCAPES[byte] = character.charCodeAt(0);
}

function escapedLength(text: Uint8Array): number {
  let { length } = text;
  for (let i = 0; i < text.length; i++) {
    const letter = ESCAPES[text[i] as number] as number;
    if (letter !== 0) length += letter === LETTER_U ? 5 : 1;
  }
  return length;
}

function writeEscaped(target: Uint8Array, at: number, text: Uint8Array): number {
  for (let i = 0; i < text.length; i++) {
    const byte = text[i] as number;
    const letter = ESCAPES[byte] as number;
    if (letter === 0) {
      target[at++] = byte;
      continue;
    }
    target[at++] = BACKSLASH;
    target[at++] = letter;
    if (letter !== LETTER_U) continue;
    target[at++] = ZERO;
    target[at++] = ZERO;
    target[at++] = HEX[byte >>> 4] as number;
    target[at++] = HEX[byte & 15] as number;
  }
  return at;
}

function integersLength(bytes: Uint8Array): number {
  let length = Math.max(0, 2 * bytes.length - 1);
  for (let i = 0; i < bytes.length; i++) {
    const byte = bytes[i] as number;
    length += ((9 - byte) >>> 31) + ((99 - byte) >>> 31);
  }
  return length;
}

function writeIntegers(target: Uint8Array, at: number, bytes: Uint8Array): number {
  for (let i = 0; i < bytes.length; i++) {
    const byte = bytes[i] as number;
    if (i > 0) target[at++] = COMMA;
    if (byte >= 100) target[at++] = ZERO + Math.floor(byte / 100);
    if (byte >= 10) target[at++] = ZERO + (Math.floor(byte / 10) % 10);
    target[at++] = ZERO + (byte % 10);
  }
  return at;
}
