import { Encoder } from 'cbor-x/index-no-eval';
import { BINARY, frameHeaderLength, writeFrameHeader } from '../frame.js';
import { type FrameSink, reserveFrame } from '../frame-sink.js';
import { blocksOf, LONG_FRAME, LongFrame } from '../long-frame.js';
import type { Payload } from '../payload.js';
import type { HostEvent } from './events.js';
import type { HostEncoder } from './host-encoder.js';

// For decoders other than cbor-x: plain maps with small heads, no extensions.
const events = new Encoder({ useRecords: false, variableMapSize: true, tagUint8Array: false });

// The constant parts of {cmd: "from", from: …, data: …} (RFC 8949 section 3).
const FROM = ascii('\xa3\x63cmd\x64from\x64from');
const FROM_STR = ascii('\xa3\x63cmd\x68from_str\x64from');
const DATA = ascii('\x64data');

const UNSIGNED = 0x00;
const BYTES = 0x40;
const TEXT = 0x60;
const ARRAY = 0x80;

/**
 * Encodes frames for a host in CBOR (RFC 8949).
 *
 * @param bytes whether players' binary messages are byte strings, rather than the arrays of
 * integers that WMBP hosts parse
 */
export function cborEncoder({ bytes }: { readonly bytes: boolean }): HostEncoder {
  return { event: writeEvent, message: bytes ? writeMessage : writeMessageAsIntegers };
}

function writeEvent(sink: FrameSink, event: HostEvent): void {
  const encoded = events.encode(event);
  const at = reserveFrame(sink, BINARY, encoded.length);
  sink.buffer.set(encoded, at);
}

function writeMessage(sink: FrameSink, from: number, { text, bytes }: Payload): void {
  const { length } = bytes;
  const envelope = envelopeLength(text, from) + headLength(length);
  if (length >= LONG_FRAME) {
    const major = text ? TEXT : BYTES;
    return sink.attach(longFrame(length, { from, major, length, pieces: [bytes] }));
  }
  let at = reserveFrame(sink, BINARY, envelope + length);
  at = writeEnvelope(sink.buffer, at, text, from);
  at = writeHead(sink.buffer, at, text ? TEXT : BYTES, length);
  sink.buffer.set(bytes, at);
}

function writeMessageAsIntegers(sink: FrameSink, from: number, payload: Payload): void {
  if (payload.text) return writeMessage(sink, from, payload);
  const { bytes } = payload;
  const { length } = bytes;
  if (length >= LONG_FRAME) {
    const pieces = integerPieces(bytes);
    return sink.attach(longFrame(integersLength(bytes), { from, major: ARRAY, length, pieces }));
  }
  const envelope = envelopeLength(false, from) + headLength(length);
  const room = roomForIntegers(bytes, envelope);
  const start = sink.reserve(frameHeaderLength(room) + room);
  const { buffer } = sink;
  const content = start + frameHeaderLength(room);
  const at = writeIntegers(
    buffer,
    writeHead(buffer, writeEnvelope(buffer, content, false, from), ARRAY, length),
    bytes,
  );
  writeFrameHeader(buffer, start, BINARY, at - content);
  if (at - content < room) sink.release(room - (at - content));
}

/**
 * The space to reserve for the envelope and the integers: the most that they may need. It is exact
 * only where that changes the length of the frame's header, because counting takes half as long as
 * writing.
 */
function roomForIntegers(bytes: Uint8Array, envelope: number): number {
  const [least, most] = [envelope + bytes.length, envelope + 2 * bytes.length];
  if (frameHeaderLength(least) === frameHeaderLength(most)) return most;
  return envelope + integersLength(bytes);
}

function integersLength(bytes: Uint8Array): number {
  let { length } = bytes;
  for (let i = 0; i < bytes.length; i++) length += isLong(bytes[i] as number);
  return length;
}

function writeIntegers(target: Uint8Array, at: number, bytes: Uint8Array): number {
  for (let i = 0; i < bytes.length; i++) {
    const byte = bytes[i] as number;
    // The head of a long integer. A short integer overwrites it, which saves a branch.
    target[at] = 0x18;
    at += isLong(byte);
    target[at++] = byte;
  }
  return at;
}

function* integerPieces(bytes: Uint8Array): Generator<Uint8Array> {
  for (const block of blocksOf(bytes)) {
    const piece = new Uint8Array(2 * block.length);
    yield piece.subarray(0, writeIntegers(piece, 0, block));
  }
}

interface LongMessage {
  readonly from: number;
  readonly major: typeof BYTES | typeof TEXT | typeof ARRAY;
  /** The number of bytes or integers. */
  readonly length: number;
  /** The encoded bytes or integers. */
  readonly pieces: Iterable<Uint8Array>;
}

function longFrame(encodedLength: number, message: LongMessage): LongFrame {
  const { from, major, length, pieces } = message;
  const text = major === TEXT;
  const content = envelopeLength(text, from) + headLength(length) + encodedLength;
  const start = new Uint8Array(frameHeaderLength(content) + content - encodedLength);
  const header = writeFrameHeader(start, 0, BINARY, content);
  writeHead(start, writeEnvelope(start, header, text, from), major, length);
  function* all(): Generator<Uint8Array> {
    yield start;
    yield* pieces;
  }
  return new LongFrame(start.length + encodedLength, all());
}

/** 1 for an integer that takes two bytes in CBOR, 0 for one that takes one. */
function isLong(byte: number): number {
  return (23 - byte) >>> 31;
}

function envelopeLength(text: boolean, from: number): number {
  return (text ? FROM_STR : FROM).length + headLength(from) + DATA.length;
}

function writeEnvelope(target: Uint8Array, at: number, text: boolean, from: number): number {
  at = writeAll(target, at, text ? FROM_STR : FROM);
  at = writeHead(target, at, UNSIGNED, from);
  return writeAll(target, at, DATA);
}

/** The length of a head with this argument, which is below 2^32. */
function headLength(argument: number): number {
  if (argument < 24) return 1;
  if (argument < 0x100) return 2;
  return argument < 0x10000 ? 3 : 5;
}

function writeHead(target: Uint8Array, at: number, major: number, argument: number): number {
  if (argument < 24) {
    target[at++] = major | argument;
    return at;
  }
  const length = headLength(argument) - 1;
  target[at++] = major | (length === 1 ? 24 : length === 2 ? 25 : 26);
  for (let shift = (length - 1) * 8; shift >= 0; shift -= 8) target[at++] = argument >>> shift;
  return at;
}

function writeAll(target: Uint8Array, at: number, source: Uint8Array): number {
  // A loop, because a call of `set` costs more than copying these few bytes.
  for (let i = 0; i < source.length; i++) target[at++] = source[i] as number;
  return at;
}

function ascii(text: string): Uint8Array {
  return Uint8Array.from(text, (character) => character.charCodeAt(0));
}
