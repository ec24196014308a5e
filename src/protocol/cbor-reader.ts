import { Buffer, isUtf8 } from 'node:buffer';
import { CommandError } from './command-error.js';
import {
  type Fields,
  MAX_RECIPIENTS,
  NOT_BYTES,
  noFields,
  UNUSABLE,
  type Value,
} from './fields.js';
import { MAX_HEADER } from './frame.js';
import { COMMANDS } from './messages.js';
import { Payload } from './payload.js';

/*
 * The CBOR (RFC 8949) that hosts send, and nothing more: a map whose keys are text; integers, floats,
 * simple values, text, byte strings, arrays; tag 64 around a byte string; cbor-x's inline record
 * (tag 57343) in place of the map. A general decoder is not used here because what comes in is
 * hostile: a few hundred bytes of nested references make one allocate without end.
 *
 * What follows the first item is ignored: some hosts send their encoder's whole buffer.
 */

// Major types (RFC 8949 section 3.1).
const UNSIGNED = 0;
const NEGATIVE = 1;
const BYTES = 2;
const TEXT = 3;
const ARRAY = 4;
const MAP = 5;
const TAG = 6;

// Additional information (the same section): the argument follows in one byte, or there is none.
const ONE_BYTE = 24;
const INDEFINITE = 31;
const BREAK = 0xff;

const TAG_UINT8_ARRAY = 64; // RFC 8746
const TAG_RECORD_DEFINITION = 57343; // cbor-x: [id, [keys], ...values]
const TAG_SHARED_RECORDS = 0xe000; // and up; cbor-x: records that another frame defined

/** Maps and arrays inside one another, the outermost map counted. */
const MAX_DEPTH = 4;

/** Encoders cut long strings into chunks of some thousand bytes; a frame of one-byte chunks is abuse. */
const MAX_CHUNKS = 65_536;

/** After so many short integers in a row, more of them are expected. */
const BLOCK = 256;

/**
 * Keys, ids, and whatever else a frame is made of; the bytes of `data` do not count. A frame of
 * millions of tiny items would keep everybody else waiting.
 */
const MAX_ITEMS = 131_072;

/** Keys of a record, which are all kept until its values come. */
const MAX_RECORD_KEYS = 256;

/** The longest text that is read as a scalar: names; everything else is shorter. */
const MAX_SCALAR_BYTES = 64 * 1024;

/**
 * Reads the first CBOR item of a host's frame.
 *
 * `data` is a view on `frame`, not a copy, unless it was written as an array of integers or in
 * chunks.
 *
 * @throws {CommandError} `bad_cbor` if it is not a map in the grammar above
 */
export function readCborFields(frame: Uint8Array): Fields {
  return new CborReader(frame).readFields();
}

class CborReader {
  readonly #bytes: Buffer;
  readonly #end: number;
  #at = 0;
  #items = 0;
  #chunks = 0;

  // The head that was read last: its additional information and its argument.
  #info = 0;
  #argument = 0;

  constructor(frame: Uint8Array) {
    this.#bytes = Buffer.isBuffer(frame) ? frame : bufferOn(frame);
    this.#end = frame.length;
  }

  readFields(): Fields {
    const fields = noFields();
    const major = this.#readHead();
    if (major === MAP) this.#readMap(fields);
    else if (major === TAG) this.#readRecord(fields);
    else throw malformed('expected a map');
    return fields;
  }

  #readMap(fields: Fields): void {
    for (let items = this.#count(2); this.#more(items); items--) {
      this.#readField(this.#readKey(), fields);
    }
  }

  #readRecord(fields: Fields): void {
    const tag = this.#argument;
    if (tag >= TAG_SHARED_RECORDS && tag <= 0xffff) {
      throw malformed('records by shared structures cannot be read; encode with useRecords: false');
    }
    if (tag !== TAG_RECORD_DEFINITION) throw malformed(`expected a map, got tag ${tag}`);
    if (this.#readHead() !== ARRAY) throw malformed('expected a record definition');
    let values = this.#count(1);
    const next = (): boolean => {
      const more = this.#more(values);
      values--;
      return more;
    };
    if (!next()) throw malformed('expected a record id');
    this.#skip(2);
    if (!next() || this.#readHead() !== ARRAY) throw malformed('expected the keys of a record');
    const keys: Key[] = [];
    for (let items = this.#count(1); this.#more(items); items--) {
      if (keys.length === MAX_RECORD_KEYS) {
        throw malformed(`a record has more than ${MAX_RECORD_KEYS} keys`);
      }
      keys.push(this.#readKey());
    }
    for (const key of keys) {
      if (!next()) throw malformed('a record has fewer values than keys');
      this.#readField(key, fields);
    }
    if (next()) throw malformed('a record has more values than keys');
  }

  #readField(key: Key, fields: Fields): void {
    if (key === undefined) return this.#skip(2);
    if (fields[key] !== undefined) throw malformed(`the key "${key}" is there twice`);
    if (key === 'to') fields.to = this.#readList();
    else if (key === 'data') fields.data = this.#readData();
    else fields[key] = this.#readScalar(2);
  }

  #readKey(): Key {
    if (this.#readHead() !== TEXT) throw malformed('expected text as a key');
    if (this.#info === INDEFINITE) return keyIn(this.#readString(TEXT), 0, undefined);
    const start = this.#at;
    this.#skipString(TEXT);
    return keyIn(this.#bytes, start, this.#at);
  }

  /** The ids of `to`; what is no number stays in its place as something else. */
  #readList(): readonly Value[] | Value {
    if (this.#nextMajor() !== ARRAY) return this.#readScalar(2);
    this.#readHead();
    const list: Value[] = [];
    for (let items = this.#count(1); this.#more(items); items--) {
      const id = this.#readNumber(3);
      // One more than can be used is enough to tell that there are too many.
      if (list.length <= MAX_RECIPIENTS) list.push(id);
    }
    return list;
  }

  /** A message's content: text, or bytes as a byte string or as an array of integers. */
  #readData(): Payload | Value {
    if (this.#nextMajor() === ARRAY) {
      this.#readHead();
      return this.#readByteArray();
    }
    const start = this.#at;
    let major = this.#readHead();
    if (major === TAG && this.#argument === TAG_UINT8_ARRAY) {
      major = this.#readHead();
      if (major !== BYTES) throw malformed('expected a byte string in tag 64');
    }
    if (major === BYTES || major === TEXT) return this.#readPayload(major);
    this.#at = start;
    return this.#readScalar(2);
  }

  #readPayload(major: typeof BYTES | typeof TEXT): Payload {
    const isView = this.#info !== INDEFINITE;
    const bytes = this.#readString(major);
    // What was before it has been read, and nobody else has this frame.
    const headroom = isView ? this.#at - bytes.length : 0;
    return new Payload(bytes, major === TEXT, headroom);
  }

  #readByteArray(): Payload | Value {
    const indefinite = this.#info === INDEFINITE;
    const count = this.#count(1);
    const memory = Buffer.allocUnsafe(MAX_HEADER + (indefinite ? this.#end - this.#at : count));
    const bytes = memory.subarray(MAX_HEADER);
    let length = 0;
    let isBytes = true;
    for (let items = count; this.#more(items); items--) {
      const run = this.#readShortIntegers(bytes, length, items);
      length += run;
      items -= run;
      if (!this.#more(items)) break;
      const byte = this.#readByte();
      if (byte < 0) isBytes = false;
      bytes[length++] = byte;
    }
    return isBytes ? new Payload(bytes.subarray(0, length), false, MAX_HEADER) : NOT_BYTES;
  }

  /**
   * Integers as every encoder writes them, up to `most`; returns how many there were. Sixteen MiB of
   * them are read in one piece, in which nobody else is served, so these are loops over locals.
   *
   * Where lengths vary, a processor guesses wrong every other time, and a branch for each integer
   * takes twice as long as reckoning its length; where all are short, the branch is faster.
   */
  #readShortIntegers(target: Buffer, length: number, most: number): number {
    const source = this.#bytes;
    const last = source.length - 1;
    const start = length;
    const end = Math.min(target.length, start + most);
    let at = this.#at;
    while (length < end && at < last && (source[at] as number) <= ONE_BYTE) {
      const [from, filled] = [at, length];
      const stop = Math.min(end, length + BLOCK);
      while (length < stop && at < last) {
        const head = source[at] as number;
        if (head > ONE_BYTE) break;
        // 1 for an integer in a byte of its own, 0 for one in its head.
        const extra = (head + 8) >>> 5;
        target[length++] = source[at + extra] as number;
        at += 1 + extra;
      }
      if (at - from > length - filled) continue;
      while (length < end && (source[at] as number) < ONE_BYTE) {
        target[length++] = source[at++] as number;
      }
    }
    this.#at = at;
    return length - start;
  }

  /** An integer 0 to 255 in any other form, or -1 for anything else. */
  #readByte(): number {
    const value = this.#readNumber(3);
    return typeof value === 'number' && (value & 255) === value ? value : -1;
  }

  /** One value, of which only numbers are of use: text is passed over as well. */
  #readNumber(depth: number): Value {
    if (this.#nextMajor() !== TEXT) return this.#readScalar(depth);
    this.#skip(depth);
    return UNUSABLE;
  }

  /** One value; a list, map or byte string is passed over. `depth` is what it would have. */
  #readScalar(depth: number): Value {
    const start = this.#at;
    const major = this.#readHead();
    switch (major) {
      case UNSIGNED:
        return this.#argument;
      case NEGATIVE:
        return -1 - this.#argument;
      case TEXT: {
        const command = this.#takeCommand();
        if (command !== undefined) return command;
        const text = this.#readString(TEXT);
        if (text.length > MAX_SCALAR_BYTES || !isUtf8(text)) return UNUSABLE;
        return text.toString('utf8');
      }
      case BYTES:
      case ARRAY:
      case MAP:
      case TAG:
        this.#at = start;
        this.#skip(depth);
        return UNUSABLE;
      default:
        return this.#readSimple();
    }
  }

  /**
   * The command that the text is whose head has just been read, if it is one. Every message has one,
   * and to decode it as text takes a third of the time of reading the whole message.
   */
  #takeCommand(): string | undefined {
    const length = this.#info < ONE_BYTE ? this.#info : 0;
    for (const command of COMMANDS) {
      if (command.length !== length || !spells(this.#bytes, this.#at, command)) continue;
      this.#at += length;
      return command;
    }
    return undefined;
  }

  /** Floats and simple values (RFC 8949 section 3.3); their head has just been read. */
  #readSimple(): Value {
    switch (this.#info) {
      case 20:
        return false;
      case 21:
        return true;
      case 22:
        return null;
      case 23:
        return undefined;
      case 24:
        if (this.#argument < 32) throw malformed('a simple value in two bytes that needs one');
        return UNUSABLE;
      case 25:
        return half(this.#argument);
      case 26:
        return this.#bytes.readFloatBE(this.#at - 4);
      case 27:
        return this.#bytes.readDoubleBE(this.#at - 8);
      case INDEFINITE:
        throw malformed('a break where there is nothing to end');
      default:
        return UNUSABLE;
    }
  }

  /** Passes over one item of any kind that the grammar has. */
  #skip(depth: number): void {
    const major = this.#readHead();
    switch (major) {
      case UNSIGNED:
      case NEGATIVE:
        return;
      case BYTES:
      case TEXT:
        this.#skipString(major);
        return;
      case ARRAY:
      case MAP: {
        if (depth > MAX_DEPTH) throw malformed(`nested deeper than ${MAX_DEPTH}`);
        const perItem = major === MAP ? 2 : 1;
        for (let items = this.#count(perItem); this.#more(items); items--) {
          for (let i = 0; i < perItem; i++) this.#skip(depth + 1);
        }
        return;
      }
      case TAG:
        if (this.#argument !== TAG_UINT8_ARRAY || this.#readHead() !== BYTES) {
          throw malformed('a tag that is not read here');
        }
        this.#skipString(BYTES);
        return;
      default:
        this.#readSimple();
    }
  }

  /** The string whose head has just been read: a view, or one copy if it comes in chunks. */
  #readString(major: typeof BYTES | typeof TEXT): Buffer {
    if (this.#info !== INDEFINITE) return this.#take(this.#argument);
    const [start, items] = [this.#at, this.#items];
    const joined = Buffer.allocUnsafe(this.#readChunks(major, undefined));
    this.#at = start;
    this.#items = items;
    this.#readChunks(major, joined);
    return joined;
  }

  /**
   * Walks over the chunks of a string, into `target` if there is one, and returns their length.
   * Twice over the frame is cheaper than an object for each of millions of empty chunks.
   */
  #readChunks(major: number, target: Buffer | undefined): number {
    let length = 0;
    while (!this.#takeBreak()) {
      if (target === undefined && this.#chunks++ === MAX_CHUNKS) {
        throw malformed(`strings in more than ${MAX_CHUNKS} chunks`);
      }
      if (this.#readHead() !== major || this.#info === INDEFINITE) {
        throw malformed('a chunk of another kind than its string');
      }
      target?.set(this.#bytes.subarray(this.#at, this.#at + this.#argument), length);
      this.#at += this.#argument;
      length += this.#argument;
    }
    return length;
  }

  #skipString(major: number): void {
    if (this.#info === INDEFINITE) this.#readChunks(major, undefined);
    else if (this.#argument > this.#end - this.#at) throw truncated();
    else this.#at += this.#argument;
  }

  #take(length: number): Buffer {
    if (length > this.#end - this.#at) throw truncated();
    const start = this.#at;
    this.#at += length;
    return this.#bytes.subarray(start, this.#at);
  }

  /**
   * How many items the array or map has whose head has just been read; Infinity until a break.
   * Each item takes a byte at least, so a count that the frame cannot hold is refused at once.
   */
  #count(bytesPerItem: number): number {
    if (this.#info === INDEFINITE) return Number.POSITIVE_INFINITY;
    if (this.#argument * bytesPerItem > this.#end - this.#at) throw truncated();
    return this.#argument;
  }

  /** Whether an array or map goes on, `left` being what its head promises. */
  #more(left: number): boolean {
    return left === Number.POSITIVE_INFINITY ? !this.#takeBreak() : left > 0;
  }

  #takeBreak(): boolean {
    if (this.#nextMajor() !== BREAK >>> 5 || this.#bytes[this.#at] !== BREAK) return false;
    this.#at++;
    return true;
  }

  #nextMajor(): number {
    const byte = this.#bytes[this.#at];
    if (byte === undefined) throw truncated();
    return byte >>> 5;
  }

  /** Reads one head into `#info` and `#argument` and returns its major type. */
  #readHead(): number {
    const byte = this.#bytes[this.#at];
    if (byte === undefined) throw truncated();
    if (++this.#items > MAX_ITEMS) throw malformed(`more than ${MAX_ITEMS} items`);
    const info = byte & 31;
    this.#at++;
    this.#info = info;
    if (info < 24) this.#argument = info;
    else if (info <= 27) this.#readArgument(1 << (info - 24));
    else if (info !== INDEFINITE || !canBeIndefinite(byte >>> 5)) {
      throw malformed(`0x${byte.toString(16)} starts nothing`);
    }
    return byte >>> 5;
  }

  #readArgument(length: number): void {
    if (length > this.#end - this.#at) throw truncated();
    let argument = 0;
    for (let i = 0; i < length; i++)
      argument = argument * 256 + (this.#bytes[this.#at++] as number);
    this.#argument = argument;
  }
}

type Key = keyof Fields | undefined;

function bufferOn({ buffer, byteOffset, byteLength }: Uint8Array): Buffer {
  return Buffer.from(buffer, byteOffset, byteLength);
}

function canBeIndefinite(major: number): boolean {
  return major !== UNSIGNED && major !== NEGATIVE && major !== TAG;
}

/** Which known key these bytes are, if any. */
function keyIn(bytes: Uint8Array, start: number, end = bytes.length): Key {
  switch (end - start) {
    case 2:
      return spells(bytes, start, 'to') ? 'to' : undefined;
    case 3:
      return spells(bytes, start, 'cmd') ? 'cmd' : undefined;
    case 4:
      if (spells(bytes, start, 'data')) return 'data';
      if (spells(bytes, start, 'hold')) return 'hold';
      return spells(bytes, start, 'name') ? 'name' : undefined;
    case 6:
      return spells(bytes, start, 'player') ? 'player' : undefined;
    case 11:
      return spells(bytes, start, 'max_players') ? 'max_players' : undefined;
    default:
      return undefined;
  }
}

function spells(bytes: Uint8Array, start: number, key: string): boolean {
  for (let i = 0; i < key.length; i++) if (bytes[start + i] !== key.charCodeAt(i)) return false;
  return true;
}

/** A half-precision float (RFC 8949 appendix D). */
function half(bits: number): number {
  const exponent = (bits >>> 10) & 31;
  const mantissa = bits & 1023;
  const sign = bits & 0x8000 ? -1 : 1;
  if (exponent === 0) return sign * mantissa * 2 ** -24;
  if (exponent === 31) return mantissa === 0 ? sign * Number.POSITIVE_INFINITY : Number.NaN;
  return sign * (mantissa + 1024) * 2 ** (exponent - 25);
}

function malformed(reason: string): CommandError {
  return new CommandError('bad_cbor', `CBOR: ${reason}`);
}

function truncated(): CommandError {
  return malformed('the frame ends before its first item does');
}
