import { Buffer } from 'node:buffer';
import { jsonExcess, SMALL } from '../json-bounds.js';
import { decodeEscapes } from '../json-escapes.js';
import { Payload } from '../payload.js';
import { MAX_CHOICES } from '../poll-choices.js';
import { CommandError } from './command-error.js';
import {
  FIELD_NAMES,
  type FieldName,
  type Fields,
  NOT_BYTES,
  noFields,
  type ScalarName,
  UNUSABLE,
  type Value,
} from './fields.js';

/** The longest text that is read as a scalar, in characters or bytes. No field can be so long. */
const MAX_TEXT = 64 * 1024;

/** How many bytes of white space or NUL around JSON are skipped. */
const MAX_AROUND = 64;

const BRACE = 0x7b;
const BRACKET = 0x5b;

/**
 * Reads a host's text frame: the same command as in CBOR, written as JSON, bytes as an array of
 * integers. A long frame is changed, and can be read only once.
 *
 * @throws {CommandError} `bad_json` if it is not one JSON object
 */
export function readJsonFields(frame: Uint8Array): Fields {
  const bytes = withoutEnds(frame);
  const isLong = bytes.length > SMALL;
  const strings = isLong ? UTF_8 : UTF_16;
  const json = parse(isLong ? checked(bytes) : bytes, strings);
  const fields = noFields();
  for (const name of FIELD_NAMES) {
    if (Object.hasOwn(json, name)) readField(fields, name, json[name], strings);
  }
  return fields;
}

function readField(fields: Fields, name: FieldName, json: unknown, strings: Strings): void {
  if (name === 'to' || name === 'except' || name === 'choices') {
    fields[name] = Array.isArray(json) ? toList(json, strings) : toValue(json, strings);
  } else if (name === 'data') fields.data = toData(json, strings);
  else fields[name satisfies ScalarName] = toValue(json, strings);
}

/** Whether these bytes look like JSON, which some game engines send in a binary frame. */
export function startsLikeJson(frame: Uint8Array): boolean {
  let at = startOf(frame);
  for (const end = at + MAX_AROUND; at < end && isSpace(frame[at]); at++);
  return frame[at] === BRACE || frame[at] === BRACKET;
}

/** What the strings of parsed JSON are. */
interface Strings {
  readonly encoding: 'utf8' | 'latin1';
  text(parsed: string): string;
  bytes(parsed: string): Buffer;
}

const UTF_16: Strings = {
  encoding: 'utf8',
  // JSON can contain a lone surrogate, which UTF-8 cannot encode.
  text: (parsed) => parsed.toWellFormed(),
  bytes: (parsed) => Buffer.from(parsed),
};

/**
 * Each character is a byte of UTF-8. `JSON.parse` reads such text in the same way, after `decodeEscapes`.
 * To decode 4 MiB that are not ASCII and encode them again would take 30 ms.
 */
const UTF_8: Strings = {
  encoding: 'latin1',
  text: (parsed) => Buffer.from(parsed, 'latin1').toString(),
  bytes: (parsed) => Buffer.from(parsed, 'latin1'),
};

/** The frame without a byte order mark, and without NULs and white space at its end. */
function withoutEnds(frame: Uint8Array): Buffer {
  const { buffer, byteOffset } = frame;
  const [start, end] = [startOf(frame), endOf(frame)];
  return Buffer.from(buffer, byteOffset + start, Math.max(0, end - start));
}

/** Long JSON, if it can be parsed without blocking the event loop for long. */
function checked(bytes: Buffer): Buffer {
  const excess = jsonExcess(bytes);
  if (excess !== undefined) throw new CommandError('bad_json', `JSON: ${excess}`);
  return decodeEscapes(bytes);
}

function parse(bytes: Buffer, { encoding }: Strings): Record<string, unknown> {
  let json: unknown;
  try {
    json = JSON.parse(bytes.toString(encoding));
  } catch {
    throw new CommandError('bad_json', 'JSON: cannot be parsed');
  }
  if (typeof json === 'object' && json !== null && !Array.isArray(json))
    return json as Record<string, unknown>;
  throw new CommandError('bad_json', 'JSON: expected an object');
}

/**
 * The offset after a byte order mark, which some editors and languages write (RFC 8259 section
 * 8.1).
 */
function startOf(frame: Uint8Array): number {
  return frame[0] === 0xef && frame[1] === 0xbb && frame[2] === 0xbf ? 3 : 0;
}

/** The offset before trailing NULs, which end strings in C, and white space. */
function endOf(frame: Uint8Array): number {
  const least = Math.max(0, frame.length - MAX_AROUND);
  let end = frame.length;
  while (end > least && (frame[end - 1] === 0 || isSpace(frame[end - 1]))) end--;
  return end;
}

function isSpace(byte: number | undefined): boolean {
  return byte === 0x20 || byte === 0x09 || byte === 0x0a || byte === 0x0d;
}

function toValue(json: unknown, strings: Strings): Value {
  switch (typeof json) {
    case 'string':
      return json.length > MAX_TEXT ? UNUSABLE : strings.text(json);
    case 'number':
    case 'boolean':
    case 'undefined':
      return json;
    default:
      return json === null ? null : UNUSABLE;
  }
}

/** A list in which the first texts are decoded. More choices than that are refused, and ids are no texts. */
function toList(json: Value[], strings: Strings): Value[] {
  let texts = 0;
  for (let i = 0; i < json.length && texts <= MAX_CHOICES; i++) {
    const item = json[i];
    if (typeof item !== 'string') continue;
    json[i] = strings.text(item);
    texts++;
  }
  return json;
}

function toData(json: unknown, strings: Strings): Payload | Value {
  if (typeof json === 'string') return new Payload(strings.bytes(json), true);
  if (!Array.isArray(json)) return toValue(json, strings);
  return toBytes(json) ?? NOT_BYTES;
}

function toBytes(json: readonly unknown[]): Payload | undefined {
  const bytes = Buffer.allocUnsafe(json.length);
  for (let i = 0; i < json.length; i++) {
    const value = json[i];
    if (typeof value !== 'number' || (value & 255) !== value) return undefined;
    bytes[i] = value;
  }
  return new Payload(bytes, false);
}
