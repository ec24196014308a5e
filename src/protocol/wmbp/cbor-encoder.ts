import { Encoder } from 'cbor-x/index-no-eval';
import { BINARY, frameHeaderLength, writeFrameHeader } from '../frame.js';
import { type FrameSink, reserveFrame } from '../frame-sink.js';
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
  let at = reserveFrame(sink, BINARY, envelope + length);
  at = writeEnvelope(sink.buffer, at, text, from);
  at = writeHead(sink.buffer, at, text ? TEXT : BYTES, length);
  sink.buffer.set(bytes, at);
}

function writeMessageAsIntegers(sink: FrameSink, from: number, payload: Payload): void {
  if (payload.text) return writeMessage(sink, from, payload);
  const { bytes } = payload;
  const { length } = bytes;
  const envelope = envelopeLength(false, from) + headLength(length);
  const room = roomForIntegers(bytes, envelope);
  const start = sink.reserve(frameHeaderLength(room) + room);
  const { buffer } = sink;
  const content = start + frameHeaderLength(room);
  let at = writeHead(buffer, writeEnvelope(buffer, content, false, from), ARRAY, length);
  for (let i = 0; i < length; i++) {
    const byte = bytes[i] as number;
    // The head of a long integer. A short integer overwrites it, which saves a branch.
    buffer[at] = 0x18;
    at += isLong(byte);
    buffer[at++] = byte;
  }
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
  let room = least;
  for (let i = 0; i < bytes.length; i++) room += isLong(bytes[i] as number);
  return room;
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
