import { Buffer } from 'node:buffer';

/*
 * The CBOR (RFC 8949) that a host needs to read a relay's events, in any order and width. Messages
 * are read faster, in `wmbp.js`.
 */

export const UNSIGNED = 0;
export const BYTES = 2;
export const TEXT = 3;
export const ARRAY = 4;
export const MAP = 5;

/** Reads CBOR items. `major` and `argument` are those of the last head. */
export class CborCursor {
  major = 0;
  argument = 0;

  constructor(bytes, at, end) {
    this.bytes = bytes;
    this.at = at;
    this.end = end;
  }

  /** Reads a head; throws at the end of the frame, and for an indefinite length. */
  head() {
    if (this.at >= this.end) throw new Error('CBOR: cut off');
    const first = this.bytes[this.at++];
    const info = first & 31;
    this.major = first >> 5;
    this.argument = info;
    if (info < 24) return this;
    if (info > 27) throw new Error(`CBOR: 0x${first.toString(16)} is not expected here`);
    const width = 1 << (info - 24);
    this.argument = 0;
    for (let i = 0; i < width; i++) this.argument = this.argument * 256 + this.bytes[this.at++];
    return this;
  }

  text() {
    if (this.head().major !== TEXT) throw new Error('CBOR: expected text');
    const start = this.at;
    this.at += this.argument;
    return this.bytes.toString('utf8', start, this.at);
  }

  skip() {
    const { major, argument } = this.head();
    if (major === BYTES || major === TEXT) this.at += argument;
    else if (major === ARRAY) for (let i = 0; i < argument; i++) this.skip();
    else if (major === MAP) for (let i = 0; i < 2 * argument; i++) this.skip();
    else if (major === 6) this.skip();
  }
}

/** The head of an item. */
export function cborHead(major, argument) {
  if (argument < 24) return Buffer.of((major << 5) | argument);
  if (argument < 0x100) return Buffer.of((major << 5) | 24, argument);
  if (argument < 0x10000) return Buffer.of((major << 5) | 25, argument >> 8, argument & 255);
  const head = Buffer.of((major << 5) | 26, 0, 0, 0, 0);
  head.writeUInt32BE(argument, 1);
  return head;
}

export function cborText(text) {
  const bytes = Buffer.from(text);
  return Buffer.concat([cborHead(TEXT, bytes.length), bytes]);
}
