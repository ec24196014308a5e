import { Buffer } from 'node:buffer';
import { frameHeaderLength, TEXT, writeFrameHeader } from '../frame.js';
import { reserveFrame } from '../frame-sink.js';
import { blocksOf, LONG_FRAME, LongFrame } from '../long-frame.js';
import type { HostEncoder } from './host-encoder.js';

/**
 * Encodes frames for a host in JSON, for pages without a CBOR library. Players' binary messages are
 * arrays of integers.
 *
 * Messages are written directly into their frame, and long ones in pieces. `JSON.stringify` would block
 * the event loop for 100 ms with the largest text of a player, and for 300 ms with as many bytes.
 */
export const jsonEncoder: HostEncoder = {
  event(sink, event) {
    const json = Buffer.from(JSON.stringify(event));
    const at = reserveFrame(sink, TEXT, json.length);
    sink.buffer.set(json, at);
  },
  message(sink, from, { text, bytes }) {
    const before = text
      ? `{"cmd":"from_str","from":${from},"data":"`
      : `{"cmd":"from","from":${from},"data":[`;
    const behind = text ? '"}' : ']}';
    const data = text ? escapedLength(bytes) : integersLength(bytes);
    const length = before.length + data + behind.length;
    if (length >= LONG_FRAME) {
      const pieces = text ? escapedPieces(bytes) : integerPieces(bytes);
      return sink.attach(longFrame(length, before, pieces, behind));
    }
    let at = reserveFrame(sink, TEXT, length);
    at = writeAscii(sink.buffer, at, before);
    at = (text ? writeEscaped : writeIntegers)(sink.buffer, at, bytes);
    writeAscii(sink.buffer, at, behind);
  },
};

function longFrame(
  length: number,
  before: string,
  pieces: Iterable<Uint8Array>,
  behind: string,
): LongFrame {
  const header = Buffer.allocUnsafe(frameHeaderLength(length));
  writeFrameHeader(header, 0, TEXT, length);
  function* all(): Generator<Uint8Array> {
    yield header;
    yield Buffer.from(before);
    yield* pieces;
    yield Buffer.from(behind);
  }
  return new LongFrame(header.length + length, all());
}

function* escapedPieces(text: Uint8Array): Generator<Uint8Array> {
  for (const block of blocksOf(text)) {
    const piece = Buffer.allocUnsafe(escapedLength(block));
    writeEscaped(piece, 0, block);
    yield piece;
  }
}

function* integerPieces(bytes: Uint8Array): Generator<Uint8Array> {
  let left = bytes.length;
  for (const block of blocksOf(bytes)) {
    left -= block.length;
    const piece = Buffer.allocUnsafe(integersLength(block) + PADDING);
    const end = writeAscii(piece, writeIntegers(piece, 0, block), left > 0 ? ',' : '');
    yield piece.subarray(0, end);
  }
}

function writeAscii(target: Uint8Array, at: number, text: string): number {
  for (let i = 0; i < text.length; i++) target[at++] = text.charCodeAt(i);
  return at;
}

/** How many bytes `writeIntegers` may write after its last integer. */
const PADDING = 2;

const BACKSLASH = 0x5c;
const SPACE = 0x20;
const LETTER_U = 0x75;

/** `\\u00`, and the two digits that follow for each control character. */
const ESCAPED_U00 = Buffer.from('\\u00').readUInt32BE();
const HEX_PAIRS = Uint16Array.from({ length: SPACE }, (_, byte) =>
  Buffer.from(byte.toString(16).padStart(2, '0')).readUInt16BE(),
);

/** Each byte in decimal with a comma, padded to four bytes. */
const DECIMALS = Uint32Array.from({ length: 256 }, (_, byte) =>
  Buffer.from(`${byte},`.padEnd(4)).readUInt32BE(),
);

/**
 * The letter after the backslash for each byte that needs escaping (RFC 8259 section 7); `u` for a
 * control character that has no letter. 0 for a byte that needs no escaping, as all of UTF-8 beyond
 * ASCII.
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
  const view = viewOn(target);
  for (let i = 0; i < text.length; i++) {
    const byte = text[i] as number;
    const letter = ESCAPES[byte] as number;
    if (letter === 0) {
      target[at++] = byte;
      continue;
    }
    // Writes four bytes and two bytes at once: byte by byte, 4 MiB of control characters take 40 ms.
    if (letter === LETTER_U) {
      view.setUint32(at, ESCAPED_U00);
      view.setUint16(at + 4, HEX_PAIRS[byte] as number);
      at += 6;
      continue;
    }
    view.setUint16(at, (BACKSLASH << 8) | letter);
    at += 2;
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

/**
 * Writes each integer with its comma as four bytes, and the next integer overwrites the padding. That
 * saves a branch. After the last integer there must be `PADDING` bytes: an integer before it has up to
 * two more than its digit and its comma.
 */
function writeIntegers(target: Uint8Array, at: number, bytes: Uint8Array): number {
  const { length } = bytes;
  if (length === 0) return at;
  const view = viewOn(target);
  for (let i = 0; i < length - 1; i++) {
    const byte = bytes[i] as number;
    view.setUint32(at, DECIMALS[byte] as number);
    at += 2 + ((9 - byte) >>> 31) + ((99 - byte) >>> 31);
  }
  return writeAscii(target, at, String(bytes[length - 1]));
}

function viewOn({ buffer, byteOffset, byteLength }: Uint8Array): DataView {
  return new DataView(buffer, byteOffset, byteLength);
}
