// Creates new inputs from known ones.

import { Buffer } from 'node:buffer';

/** @typedef {import('../soak/random.js').Random} Random */

const MAX_EDITS = 6;
const MAX_RUN = 64;
const MAX_TIMES = 100;

/** Rarely, a part is repeated until the input is this long, to find slow code. */
const LONG_CHANCE = 1 / 2000;
const MAX_BYTES = 64 * 1024;

/** Integers around the limits of widths, signs and tables. */
const INTEGERS = (
  '0 1 23 24 31 32 64 125 126 127 128 255 256 1024 4096 65535 65536 16777216 2147483647 ' +
  '2147483648 4294967295 4294967296 9007199254740991 9007199254740992 9223372036854775808'
)
  .split(' ')
  .map(BigInt);

/**
 * @typedef {object} MutatorOptions
 * @property {Random} random
 * @property {readonly (string | Uint8Array)[]} tokens parts of the format
 * @property {number} longest in bytes
 */

export class Mutator {
  #random;
  #tokens;
  #longest;

  /** @param {MutatorOptions} options */
  constructor({ random, tokens, longest }) {
    this.#random = random;
    this.#tokens = tokens.map((token) => Buffer.from(token));
    this.#longest = longest;
  }

  /**
   * @param {Buffer} from
   * @param {Buffer} other another input, to take parts from
   */
  mutate(from, other) {
    const random = this.#random;
    /** @type {Buffer} */
    let bytes = Buffer.from(from);
    for (let edits = random.int(1, MAX_EDITS + 1); edits > 0; edits--) {
      bytes = this.#edit(bytes, other);
      bytes = bytes.subarray(0, Math.min(MAX_BYTES, this.#longest));
    }
    return random.chance(LONG_CHANCE) ? this.#lengthen(bytes) : bytes;
  }

  /**
   * @param {Buffer} bytes
   * @param {Buffer} other
   */
  #edit(bytes, other) {
    const random = this.#random;
    const at = random.int(0, bytes.length + 1);
    switch (random.int(0, 9)) {
      case 0:
        return this.#set(bytes, at, (byte) => byte ^ (1 << random.int(0, 8)));
      case 1:
        return this.#set(bytes, at, () => random.int(0, 256));
      case 2:
        return splice(bytes, at, random.int(1, MAX_RUN));
      case 3:
        return splice(bytes, at, 0, random.pick(this.#tokens));
      case 4: {
        const token = random.pick(this.#tokens);
        return splice(bytes, at, token.length, token);
      }
      case 5:
        return splice(bytes, at, random.chance(0.5) ? 0 : MAX_RUN, this.#integer());
      case 6: {
        const run = bytes.subarray(at, at + random.int(1, MAX_RUN));
        const times = Math.floor(random.magnitude(1, MAX_TIMES));
        return splice(bytes, at, 0, Buffer.concat(Array.from({ length: times }, () => run)));
      }
      case 7: {
        const start = random.int(0, other.length + 1);
        return splice(bytes, at, random.int(0, MAX_RUN), other.subarray(start));
      }
      default:
        return bytes.subarray(0, at);
    }
  }

  /**
   * @param {Buffer} bytes
   * @param {number} at
   * @param {(byte: number) => number} change
   */
  #set(bytes, at, change) {
    const byte = bytes[at];
    if (byte !== undefined) bytes[at] = change(byte);
    return bytes;
  }

  /** An interesting one, in any width. */
  #integer() {
    const width = this.#random.pick([1, 2, 4, 8]);
    const bytes = Buffer.alloc(8);
    bytes.writeBigUInt64BE(this.#random.pick(INTEGERS));
    return bytes.subarray(8 - width);
  }

  /** @param {Buffer} bytes */
  #lengthen(bytes) {
    const random = this.#random;
    const at = random.int(0, bytes.length + 1);
    const run = bytes.subarray(at, at + random.int(1, MAX_RUN));
    if (run.length === 0) return bytes;
    const length = Math.floor(random.magnitude(MAX_RUN, this.#longest));
    return splice(bytes, at, 0, Buffer.alloc(Math.max(0, length - bytes.length), run));
  }
}

/**
 * @param {Buffer} bytes
 * @param {number} at
 * @param {number} remove
 * @param {Uint8Array} [insert]
 */
function splice(bytes, at, remove, insert = Buffer.alloc(0)) {
  return Buffer.concat([bytes.subarray(0, at), insert, bytes.subarray(at + remove)]);
}
