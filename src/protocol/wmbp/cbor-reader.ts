// biome-ignore-all lint/style/noExcessiveLinesPerFile: one reader over one position, whose fields the compiler keeps private
import { Buffer, isUtf8 } from 'node:buffer';
import { frameHeaderLength } from '../frame.js';
import { Payload } from '../payload.js';
import { MAX_CHOICES } from '../poll-choices.js';
import { CborIntegers } from './cbor-integers.js';
import { CommandError } from './command-error.js';
import { COMMANDS } from './commands.js';
import {
  FIELD_NAMES,
  type FieldName,
  type Fields,
  MAX_RECIPIENTS,
  NOT_BYTES,
  noFields,
  type ScalarName,
  UNUSABLE,
  type Value,
} from './fields.js';
import { startsLikeJson } from './json-reader.js';

/*
 * Reads the CBOR (RFC 8949) that hosts send, and nothing more: a map whose keys are text; integers,
 * floats, simple values, text, byte strings, arrays; tag 64 around a byte string; cbor-x's inline
 * record (tag 57343) in place of the map; and the self-described tag in front (RFC 8949 section
 * 3.4.6). Values that no command uses may have any tag and are skipped.
 *
 * Input is hostile, and general decoders are not safe with it: a few hundred bytes of nested
 * references make one allocate without end.
 *
 * Bytes after the first item are ignored: some hosts send the whole buffer of their encoder.
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
const TAG_SELF_DESCRIBED = 55_799; // RFC 8949 section 3.4.6: d9 d9f7
const TAG_SHARED_RECORDS = 0xe000; // and up; cbor-x: records that another frame defined

/** The deepest nesting of maps and arrays, including the outermost map. */
const MAX_DEPTH = 4;

/**
 * Encoders split long strings into chunks of some thousand bytes; a frame of one-byte chunks is
 * abuse.
 */
const MAX_CHUNKS = 65_536;

/**
 * The most items in a frame: keys, ids and others, but not the bytes of `data`. A frame of millions
 * of tiny items would block the event loop.
 */
const MAX_ITEMS = 131_072;

/** The most keys of a record. All of them are in memory until the values follow. */
const MAX_RECORD_KEYS = 256;

/** How many texts among the ids an error can show, and how many bytes of each. */
const MAX_TEXTS = 4;
const MAX_TEXT_BYTES = 64;

/** The longest text that is read as a scalar. The longest valid one is a room's name. */
const MAX_SCALAR_BYTES = 64 * 1024;

/**
 * Reads the first CBOR item of a host's frame.
 *
 * `data` is a view on `frame`, not a copy. Chunks and arrays of integers become bytes in place: new
 * memory for 16 MiB would block the event loop for 30 ms, most of it in the kernel. So a frame can be
 * read only once.
 *
 * @throws {CommandError} `bad_cbor` if it is not a map in the grammar above
 */
export function readCborFields(frame: Uint8Array): Fields {
  return new CborReader(frame).readFields();
}

class CborReader {
  readonly #bytes: Uint8Array;
  readonly #end: number;
  #at = 0;
  #items = 0;
  #chunks = 0;

  // The head that was read last: its additional information and its argument.
  #info = 0;
  #argument = 0;
  #view: DataView | undefined;

  constructor(frame: Uint8Array) {
    this.#bytes = frame;
    this.#end = frame.length;
  }

  readFields(): Fields {
    const fields = noFields();
    const first = (this.#bytes[0] ?? 0) >>> 5;
    if (first !== MAP && first !== TAG && startsLikeJson(this.#bytes)) {
      throw malformed('expected a map; send JSON as text, not in a binary frame');
    }
    let major = this.#readHead();
    while (major === TAG && this.#argument === TAG_SELF_DESCRIBED) major = this.#readHead();
    if (major === MAP) this.#readMap(fields);
    else if (major === TAG) this.#readRecord(fields);
    else throw malformed('expected a map');
    if (fields.data instanceof Payload) fields.data = this.#withHeadroom(fields.data);
    return fields;
  }

  /**
   * A long message starts up to three bytes too early for the header of its frame if `data` is the first
   * field and has indefinite length. It is moved, because a copy would take new memory. The bytes behind
   * it are read already.
   */
  #withHeadroom(payload: Payload): Payload {
    const { bytes, text } = payload;
    const start = bytes.byteOffset - this.#bytes.byteOffset;
    const header = frameHeaderLength(bytes.length);
    const end = header + bytes.length;
    if (start >= header || end > this.#end) return payload;
    this.#bytes.copyWithin(header, start, start + bytes.length);
    return new Payload(this.#bytes.subarray(header, end), text, header);
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
    if (fields[key] !== undefined) throw malformed(`the key "${key}" occurs twice`);
    if (key === 'to' || key === 'except') fields[key] = this.#readList();
    else if (key === 'data') fields.data = this.#readData();
    else if (key === 'choices') fields.choices = this.#readTexts();
    else fields[key satisfies ScalarName] = this.#readScalar(2);
  }

  #readKey(): Key {
    if (this.#readHead() !== TEXT) throw malformed('expected text as a key');
    if (this.#info === INDEFINITE) return keyIn(this.#readString(TEXT), 0, undefined);
    const start = this.#at;
    this.#skipString(TEXT);
    return keyIn(this.#bytes, start, this.#at);
  }

  /** The ids of `to` or `except`. Elements that are not numbers stay in their places. */
  #readList(): readonly Value[] | Value {
    if (this.#nextMajor() !== ARRAY) return this.#readScalar(2);
    this.#readHead();
    const list: Value[] = [];
    let texts = 0;
    for (let items = this.#count(1); this.#more(items); items--) {
      const isText = this.#nextMajor() === TEXT;
      const id = isText && texts++ < MAX_TEXTS ? this.#readShortText() : this.#readNumber(3);
      // One more than the limit is enough to detect that there are too many.
      if (list.length <= MAX_RECIPIENTS) list.push(id);
    }
    return list;
  }

  /** A short list of texts. Elements that are something else stay in their places. */
  #readTexts(): readonly Value[] | Value {
    if (this.#nextMajor() !== ARRAY) return this.#readScalar(2);
    this.#readHead();
    const list: Value[] = [];
    for (let items = this.#count(1); this.#more(items); items--) {
      // One more than the limit is enough to detect that there are too many.
      if (list.length <= MAX_CHOICES) list.push(this.#readScalar(3));
      else this.#skip(3);
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
    const start = this.#at;
    const bytes = this.#readString(major);
    // The bytes before it are read already, and nothing else uses this frame.
    return new Payload(bytes, major === TEXT, start);
  }

  #readByteArray(): Payload | Value {
    const integers = new CborIntegers(this.#bytes);
    let items = this.#count(1);
    const start = this.#at;
    integers.to = start;
    let isBytes = true;
    for (; this.#more(items); items--) {
      const { to } = integers;
      integers.at = this.#at;
      integers.readShort(items);
      if (integers.areTooMixed) throw malformed('too many integers of changing length; send bytes');
      this.#at = integers.at;
      items -= integers.to - to;
      if (!this.#more(items)) break;
      // It is in another form, or the last one.
      const byte = this.#readByte();
      if (byte < 0) isBytes = false;
      this.#bytes[integers.to++] = byte;
    }
    const bytes = this.#bytes.subarray(start, integers.to);
    return isBytes ? new Payload(bytes, false, start) : NOT_BYTES;
  }

  /** An integer 0 to 255 in any other form, or -1 for anything else. */
  #readByte(): number {
    const value = this.#readNumber(3);
    return typeof value === 'number' && (value & 255) === value ? value : -1;
  }

  /** The beginning of a text, for an error to show. */
  #readShortText(): string {
    this.#readHead();
    return decode(this.#readString(TEXT).subarray(0, MAX_TEXT_BYTES));
  }

  /** One value, of which only numbers are used: text is skipped as well. */
  #readNumber(depth: number): Value {
    if (this.#nextMajor() !== TEXT) return this.#readScalar(depth);
    this.#skip(depth);
    return UNUSABLE;
  }

  /**
   * One value; lists, maps and byte strings are skipped. `depth` is the depth of a list or map
   * here.
   */
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
        return decode(text);
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
   * The name of a command, if the text whose head has just been read is one. Every message contains
   * one, and decoding it as text would take a third of the time for the whole message.
   */
  #takeCommand(): string | undefined {
    const length = this.#info < ONE_BYTE ? this.#info : 0;
    for (const command of BY_USE) {
      if (command.length !== length || !matchesAt(this.#bytes, this.#at, command)) continue;
      this.#at += length;
      return command;
    }
    return undefined;
  }

  /** Floats and simple values (RFC 8949 section 3.3), whose head has just been read. */
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
        if (this.#argument < 32) throw malformed('a simple value below 32 in two bytes');
        return UNUSABLE;
      case 25:
        return half(this.#argument);
      case 26:
        return this.#floats.getFloat32(this.#at - 4);
      case 27:
        return this.#floats.getFloat64(this.#at - 8);
      case INDEFINITE:
        throw malformed('a break outside of an item of indefinite length');
      default:
        return UNUSABLE;
    }
  }

  /** One view for all floats: there may be 65,536 among the ids. */
  get #floats(): DataView {
    const { buffer, byteOffset, byteLength } = this.#bytes;
    this.#view ??= new DataView(buffer, byteOffset, byteLength);
    return this.#view;
  }

  /** Skips one item of any kind, with any tags. */
  #skip(depth: number): void {
    let major = this.#readHead();
    // A loop rather than recursion, because there may be very many tags.
    while (major === TAG) major = this.#readHead();
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
      default:
        this.#readSimple();
    }
  }

  /** The string whose head has just been read. Chunks are joined in place. */
  #readString(major: typeof BYTES | typeof TEXT): Uint8Array {
    if (this.#info !== INDEFINITE) return this.#take(this.#argument);
    const start = this.#at;
    return this.#bytes.subarray(start, this.#readChunks(major, true));
  }

  /** Reads the chunks of a string. Joins them where the first one's head starts, and returns their end. */
  #readChunks(major: number, joins: boolean): number {
    let end = this.#at;
    while (!this.#takeBreak()) {
      if (this.#chunks++ === MAX_CHUNKS) {
        throw malformed(`strings in more than ${MAX_CHUNKS} chunks`);
      }
      if (this.#readHead() !== major || this.#info === INDEFINITE) {
        throw malformed('a chunk of another type than its string');
      }
      const start = this.#at;
      this.#at += this.#argument;
      if (joins) this.#bytes.copyWithin(end, start, this.#at);
      end += this.#argument;
    }
    return end;
  }

  #skipString(major: number): void {
    if (this.#info === INDEFINITE) this.#readChunks(major, false);
    else if (this.#argument > this.#end - this.#at) throw truncated();
    else this.#at += this.#argument;
  }

  #take(length: number): Uint8Array {
    if (length > this.#end - this.#at) throw truncated();
    const start = this.#at;
    this.#at += length;
    return this.#bytes.subarray(start, this.#at);
  }

  /**
   * The number of items of the array or map whose head has just been read; Infinity if a break ends
   * it. Each item takes at least a byte, so a count that does not fit into the frame is refused at
   * once.
   */
  #count(bytesPerItem: number): number {
    if (this.#info === INDEFINITE) return Number.POSITIVE_INFINITY;
    if (this.#argument * bytesPerItem > this.#end - this.#at) throw truncated();
    return this.#argument;
  }

  /**
   * Whether an array or map has another item; `left` is the number of items according to its head.
   */
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
      throw malformed(`no item starts with 0x${byte.toString(16)}`);
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

type Key = FieldName | undefined;

function decode({ buffer, byteOffset, byteLength }: Uint8Array): string {
  return Buffer.from(buffer, byteOffset, byteLength).toString('utf8');
}

function canBeIndefinite(major: number): boolean {
  return major !== UNSIGNED && major !== NEGATIVE && major !== TAG;
}

/** The field that these bytes name; `undefined` for an unknown key. */
function keyIn(bytes: Uint8Array, start: number, end = bytes.length): Key {
  const names = NAMES_BY_LENGTH[end - start] ?? NO_NAMES;
  for (let i = 0; i < names.length; i++) {
    if (matchesAt(bytes, start, names[i] as FieldName)) return names[i];
  }
  return undefined;
}

/** The commands of messages are the last ones, and the most frequent. */
const BY_USE = COMMANDS.toReversed();

/** Names of fields by their length, to compare as few as possible. */
const NO_NAMES: readonly FieldName[] = [];
const NAMES_BY_LENGTH: FieldName[][] = [];
for (const name of FIELD_NAMES) {
  while (NAMES_BY_LENGTH.length <= name.length) NAMES_BY_LENGTH.push([]);
  NAMES_BY_LENGTH[name.length]?.push(name);
}

function matchesAt(bytes: Uint8Array, start: number, key: string): boolean {
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
