// A decoder of what relays send each other, written from the description in `src/cluster/wire/wire.ts`
// and without code of the relay, to compare with the relay's own reader.

import { Buffer } from 'node:buffer';

/** @typedef {import('./link-decoder.d.ts').Frame} Frame */
/** @typedef {import('./link-decoder.d.ts').Batch} Batch */

const HEAD = 22;
const LONGEST_BATCH = 65_536;
const LONGEST_INLINE = 40_960;
const LONGEST_TEXT = 16_384;
const MOST_HANDLES = 4096;
const MOST_STREAMS = 4;

const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/**
 * @param {Uint8Array} batch
 * @param {number} longest the longest message, in bytes
 * @returns {Batch}
 * @throws if it is invalid
 */
export function decodeBatch(batch, longest) {
  const input = new Input(batch);
  check(batch.length <= LONGEST_BATCH);
  check(input.integer(1) === 1);
  const flags = input.integer(1);
  check(flags < 8);
  const head = [flags, ...Array.from({ length: 5 }, () => input.integer(4))];
  check(flags % 2 === (batch.length > HEAD ? 1 : 0));
  const streams = new Map();
  /** @type {Frame[]} */
  const frames = [];
  while (!input.isAtEnd) {
    const frame = decodeFrame(input, streams, longest);
    if (frame !== undefined) frames.push(frame);
  }
  return { head, frames };
}

/**
 * @param {Input} input
 * @param {Map<number, { total: number; pieces: Uint8Array[] }>} streams
 * @param {number} longest
 * @returns {Frame | undefined} `undefined` for a piece of a message
 */
function decodeFrame(input, streams, longest) {
  const kind = input.integer(1);
  const content = (/** @type {boolean} */ text) => {
    const bytes = kind >= 128 ? whole(streams, input.integer(4)) : inline(input);
    if (text) utf8.decode(bytes);
    return `${text ? '' : '#'}${Buffer.from(bytes).toString('latin1')}`;
  };
  switch (kind >= 128 && kind % 128 < 9 ? kind - 128 : kind) {
    case 2:
    case 3:
      return ['from', input.integer(4), content(kind % 128 === 3)];
    case 7:
    case 8:
      return ['to', handles(input), content(kind % 128 === 8)];
  }
  switch (kind) {
    case 1:
      return join(input);
    case 4: {
      const handle = input.integer(4);
      const final = input.integer(1);
      check(final < 2);
      return ['disconnected', handle, final === 1];
    }
    case 5:
      return ['measured', input.integer(4), input.integer(4) / 1000];
    case 6:
      return ['seated', input.integer(4), input.integer(4), input.integer(4)];
    case 9: {
      const closed = handles(input);
      const code = input.integer(2);
      check(code >= 1000 && code < 5000);
      const retry = ['no', 'later', 'yes'][input.integer(1)];
      check(retry !== undefined);
      return ['close', closed, { code, retry, reason: input.text(1, 123) }];
    }
    case 10:
    case 11:
      return ['reading', handles(input), kind === 11];
    case 12:
      return ['measure', handles(input)];
    case 13:
      return piece(input, streams, longest);
    default:
      throw new Error('invalid');
  }
}

/** @param {Input} input */
function inline(input) {
  const length = input.integer(4);
  check(length <= LONGEST_INLINE);
  return input.bytes(length);
}

/**
 * @param {Map<number, { total: number; pieces: Uint8Array[] }>} streams
 * @param {number} number
 */
function whole(streams, number) {
  const stream = streams.get(number);
  streams.delete(number);
  const bytes = Buffer.concat(stream?.pieces ?? []);
  check(stream !== undefined && bytes.length === stream.total);
  return bytes;
}

/**
 * @param {Input} input
 * @param {Map<number, { total: number; pieces: Uint8Array[] }>} streams
 * @param {number} longest
 */
function piece(input, streams, longest) {
  const number = input.integer(4);
  const total = input.integer(4);
  const bytes = input.bytes(input.integer(4));
  const stream = streams.get(number) ?? { total, pieces: [] };
  streams.set(number, stream);
  check(total > LONGEST_INLINE && total <= longest && streams.size <= MOST_STREAMS);
  stream.pieces.push(bytes);
  const length = stream.pieces.reduce((sum, { length }) => sum + length, 0);
  check(stream.total === total && bytes.length > 0 && length <= total);
  return undefined;
}

/** @param {Input} input */
function handles(input) {
  const count = input.integer(2);
  check(count > 0 && count <= MOST_HANDLES);
  return Array.from({ length: count }, () => input.integer(4));
}

/**
 * @param {Input} input
 * @returns {Frame}
 */
function join(input) {
  const handle = input.integer(4);
  const epoch = input.integer(4);
  const at = input.integer(4);
  const connection = input.integer(4);
  const options = input.integer(2);
  const has = (/** @type {number} */ bit) => Math.floor(options / 2 ** bit) % 2 === 1;
  check(connection <= (has(8) ? 2 ** 30 : 0));
  const code = input.text(1, 8);
  check(/^[A-Z]{4,8}$/.test(code) && code !== 'CREATE');
  const key = has(2) ? Buffer.from(input.bytes(32)).toString('base64url') : undefined;
  check(key === undefined || !has(4));
  check(key !== undefined || !has(3));
  return [
    'join',
    handle,
    {
      code,
      epoch,
      at,
      connection,
      role: has(0) ? 'viewer' : 'player',
      allValues: has(1),
      isKeyDrawn: has(3),
      follows: has(8),
      key: has(4) ? 'malformed' : key,
      about: has(5) ? input.text(2, LONGEST_TEXT) : undefined,
      password: has(6) ? input.text(2, LONGEST_TEXT) : undefined,
      address: has(7) ? input.text(1, 64) : undefined,
    },
  ];
}

/** @param {boolean} holds */
function check(holds) {
  if (!holds) throw new Error('invalid');
}

class Input {
  #bytes;
  #at = 0;

  /** @param {Uint8Array} bytes */
  constructor(bytes) {
    this.#bytes = bytes;
  }

  get isAtEnd() {
    return this.#at >= this.#bytes.length;
  }

  /** @param {number} length */
  bytes(length) {
    const end = this.#at + length;
    check(end <= this.#bytes.length);
    const bytes = this.#bytes.slice(this.#at, end);
    this.#at = end;
    return bytes;
  }

  /** @param {number} size in bytes, the lowest first */
  integer(size) {
    return this.bytes(size).reduceRight((sum, byte) => sum * 256 + byte, 0);
  }

  /**
   * @param {number} size of its length, in bytes
   * @param {number} longest
   */
  text(size, longest) {
    const length = this.integer(size);
    check(length <= longest);
    return utf8.decode(this.bytes(length));
  }
}
