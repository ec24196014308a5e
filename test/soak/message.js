// Messages through the relay: a header with sender and number, a checksum, and a filling. Text has
// the same header in hex.
//
//   session: uint32   the connection that sent it, unique in the run
//   sequence: uint32  how many messages that connection has sent, this one counted
//   extra: uint32     from a player: what it asks for; from a host: whom it is for
//   checksum: uint32  CRC-32 of all the rest

import { Buffer } from 'node:buffer';
import { crc32 } from 'node:zlib';
import { Random } from './random.js';

/** What a player's message requests from the host: nothing, or an answer. */
export const STATEMENT = 0;
export const QUESTION = 1;

/** The receivers of a host's message. A broadcast has its number among broadcasts there. */
export const TO_ONE = 0;
export const TO_SOME = 0xffffffff;

const HEADER = 16;
const CHECKED = 12;
const POOL = 2 * 1024 * 1024;
const BLOCK = 64;

const random = new Random(1, 2, 3);
const bytePool = Buffer.from(Uint32Array.from({ length: POOL / 4 }, () => random.uint32()).buffer);
const textPool = Buffer.concat(Array.from({ length: POOL / BLOCK }, textBlock));

/**
 * @typedef {object} Message
 * @property {number} session
 * @property {number} sequence
 * @property {number} extra
 */

/**
 * @param {Random} from where the filling comes from
 * @param {Message} message
 * @param {number} size the message's length in bytes, if the header leaves room for it
 * @param {boolean} text
 */
export function writeMessage(from, { session, sequence, extra }, size, text) {
  const start = text ? 2 * HEADER : HEADER;
  const bytes = Buffer.allocUnsafe(Math.max(size, start));
  const filling = bytes.subarray(start);
  fill(from, filling, text);
  const header = text ? Buffer.allocUnsafe(HEADER) : bytes;
  header.writeUInt32LE(session, 0);
  header.writeUInt32LE(sequence, 4);
  header.writeUInt32LE(extra, 8);
  header.writeUInt32LE(crc32(filling, crc32(header.subarray(0, CHECKED))), CHECKED);
  if (text) bytes.write(header.toString('hex'), 'latin1');
  return bytes;
}

/**
 * @param {Buffer} bytes
 * @param {boolean} text
 * @returns {Message | undefined} `undefined` if it is not, byte for byte, what `writeMessage` wrote
 */
export function readMessage(bytes, text) {
  const start = text ? 2 * HEADER : HEADER;
  const header = text ? Buffer.from(bytes.toString('latin1', 0, start), 'hex') : bytes;
  if (bytes.length < start || header.length < HEADER) return undefined;
  const checksum = crc32(bytes.subarray(start), crc32(header.subarray(0, CHECKED)));
  if (checksum !== header.readUInt32LE(CHECKED)) return undefined;
  return {
    session: header.readUInt32LE(0),
    sequence: header.readUInt32LE(4),
    extra: header.readUInt32LE(8),
  };
}

/**
 * @param {Random} from
 * @param {Buffer} filling
 * @param {boolean} text
 */
function fill(from, filling, text) {
  const pool = text ? textPool : bytePool;
  const offset = BLOCK * from.int(0, (POOL - filling.length) / BLOCK);
  // Whole blocks only: the border of a block is never in the middle of a character.
  const whole = text ? filling.length - (filling.length % BLOCK) : filling.length;
  pool.copy(filling, 0, offset, offset + whole);
  filling.fill('.', whole);
}

/** Some text of a known length in bytes, with what is easily broken on the way. */
function textBlock() {
  const block = Buffer.alloc(BLOCK, 'x');
  const characters = [
    'a',
    'Z',
    ' ',
    '"',
    '\\',
    '\n',
    '\0',
    '\x7f',
    'é',
    '€',
    '\u2028',
    '🎉',
    '\uffff',
  ];
  for (let at = 0; at < BLOCK - 4; ) at += block.write(random.pick(characters), at);
  return block;
}
