import { Buffer } from 'node:buffer';
import { Region } from './region.js';

/** In place of a player, for a message to all players. */
export const EVERYBODY = 0xffff;

/** The length of the header: room, player, sequence number. */
export const HEADER_BYTES = 16;

/**
 * The number of different fillings, so that a message with the filling of another one is detected.
 */
const FILLINGS = 64;

/** From this length on, one native call is cheaper than a loop over words. */
const NATIVE_FROM = 256;

/** ASCII characters that no protocol escapes. */
const LETTERS = Buffer.from('0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz-_');

/**
 * The content of messages: a header that identifies the message, and a filling that is derived from
 * the header. So a receiver knows every byte of the next message, and compares it without decoding
 * it and without creating objects.
 *
 * Rooms, players and sequence numbers are written four bits to a byte, as `@` to `O`: a message is
 * valid text, and a word of it is four of these.
 */
export class Messages {
  /**
   * @param {object} kind
   * @param {number} kind.size the size of every message in bytes, a multiple of 4
   * @param {boolean} kind.binary whether the filling is bytes of any value, rather than text
   */
  constructor({ size, binary }) {
    if (size < HEADER_BYTES || size % 4 !== 0) {
      throw new Error(`size: expected a multiple of 4 from ${HEADER_BYTES} on, got ${size}`);
    }
    this.size = size;
    this.binary = binary;
    this.filling = filling(size - HEADER_BYTES + FILLINGS * 4, binary);
    const { buffer, byteOffset, length } = this.filling;
    this.words = new Int32Array(buffer, byteOffset, length / 4);
    this.integers = binary ? asIntegers(this.filling) : undefined;
    this.scratch = new Region(size);
  }

  /** The offset of a message's filling, in words. */
  fillingOf(room, player, sequence) {
    return (sequence + 7 * player + 13 * room) & (FILLINGS - 1);
  }

  /** Whether this is the message, byte for byte. */
  is(region, at, length, room, player, sequence) {
    if (length !== this.size || !hasHeader(region.view, at, room, player, sequence)) return false;
    const body = at + HEADER_BYTES;
    const from = this.fillingOf(room, player, sequence);
    if (length >= NATIVE_FROM) {
      const end = from * 4 + length - HEADER_BYTES;
      return region.bytes.compare(this.filling, from * 4, end, body, at + length) === 0;
    }
    const { words } = this;
    const { view } = region;
    const count = (length - HEADER_BYTES) >> 2;
    for (let i = 0; i < count; i++) {
      if (view.getInt32(body + i * 4, true) !== words[from + i]) return false;
    }
    return true;
  }

  /**
   * Whether this is the message as items of a CBOR array of integers, which ends at `end`.
   *
   * @param {number} count the number of items according to the array's head
   */
  isIntegers(region, at, end, count, room, player, sequence) {
    if (count !== this.size || this.integers === undefined) return false;
    if (this.#isShortestIntegers(region.bytes, at, end, room, player, sequence)) return true;
    const length = readIntegers(region.bytes, at, end, this.scratch.bytes);
    return this.is(this.scratch, 0, length, room, player, sequence);
  }

  /** Compares with integers in their shortest form, which every encoder writes. */
  #isShortestIntegers(bytes, at, end, room, player, sequence) {
    const { encoded, offsets } = this.integers;
    for (let i = 0; i < HEADER_BYTES; i++) {
      const letter = (headerWord(i >> 2, room, player, sequence) >>> (8 * (i & 3))) & 255;
      if (bytes[at + 2 * i] !== 0x18 || bytes[at + 2 * i + 1] !== letter) return false;
    }
    const from = this.fillingOf(room, player, sequence) * 4;
    const [start, stop] = [offsets[from], offsets[from + this.size - HEADER_BYTES]];
    const body = at + 2 * HEADER_BYTES;
    return end - body === stop - start && bytes.compare(encoded, start, stop, body, end) === 0;
  }

  /** Identifies a message; `undefined` if it was altered. */
  identify(region, at, length) {
    if (length !== this.size) return undefined;
    const { view } = region;
    const room = gathered(view, at);
    const player = gathered(view, at + 4);
    const sequence = gathered(view, at + 8) * 0x10000 + gathered(view, at + 12);
    const found = { room, player, sequence };
    return this.is(region, at, length, room, player, sequence) ? found : undefined;
  }

  /** The same for an array of integers. */
  identifyIntegers(region, at, end) {
    const length = readIntegers(region.bytes, at, end, this.scratch.bytes);
    return this.identify(this.scratch, 0, length);
  }
}

/** One of the four words of the header. */
export function headerWord(i, room, player, sequence) {
  if (i === 0) return spread(room);
  if (i === 1) return spread(player);
  return spread(i === 2 ? sequence >>> 16 : sequence & 0xffff);
}

function hasHeader(view, at, room, player, sequence) {
  return (
    view.getInt32(at, true) === spread(room) &&
    view.getInt32(at + 4, true) === spread(player) &&
    view.getInt32(at + 8, true) === spread(sequence >>> 16) &&
    view.getInt32(at + 12, true) === spread(sequence & 0xffff)
  );
}

/** 16 bits as the low halves of four letters. */
function spread(bits) {
  const halves = (bits | (bits << 8)) & 0x00ff00ff;
  return ((halves | (halves << 4)) & 0x0f0f0f0f) | 0x40404040;
}

function gathered(view, at) {
  const letters = view.getInt32(at, true) & 0x0f0f0f0f;
  const halves = (letters | (letters >> 4)) & 0x00ff00ff;
  return (halves | (halves >> 8)) & 0xffff;
}

function filling(length, binary) {
  const bytes = Buffer.alloc(length);
  let state = 0x2545f491;
  for (let i = 0; i < length; i++) {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    bytes[i] = binary ? state >>> 24 : LETTERS[state >>> 26];
  }
  return bytes;
}

/** The filling as consecutive CBOR integers, with the offset of each. */
function asIntegers(bytes) {
  const encoded = [];
  const offsets = new Uint32Array(bytes.length + 1);
  bytes.forEach((byte, i) => {
    if (byte >= 24) encoded.push(0x18);
    encoded.push(byte);
    offsets[i + 1] = encoded.length;
  });
  return { encoded: Buffer.from(encoded), offsets };
}

/** Reads CBOR integers below 256 of any width as bytes; returns -1 for anything else. */
function readIntegers(bytes, at, end, target) {
  let length = 0;
  while (at < end && length < target.length) {
    const info = bytes[at++];
    if (info > 27) return -1;
    const wide = info < 24 ? 0 : 1 << (info - 24);
    target[length++] = wide === 0 ? info : bytes[at + wide - 1];
    at += wide;
  }
  return at === end ? length : -1;
}
