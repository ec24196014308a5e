import { Buffer } from 'node:buffer';
import { jsonExcess } from '../json-bounds.js';
import { Payload } from '../payload.js';
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

/** How many bytes of white space or NUL around JSON are skipped. */
const MAX_AROUND = 64;

const BRACE = 0x7b;
const BRACKET = 0x5b;

/**
 * Reads a host's text frame: the same command as in CBOR, written as JSON, bytes as an array of
 * integers.
 *
 * @throws {CommandError} `bad_json` if it is not one JSON object
 */
export function readJsonFields(frame: Uint8Array): Fields {
  const json = parse(frame);
  const fields = noFields();
  for (const name of FIELD_NAMES) {
    if (Object.hasOwn(json, name)) readField(fields, name, json[name]);
  }
  return fields;
}

function readField(fields: Fields, name: FieldName, json: unknown): void {
  if (name === 'to' || name === 'except' || name === 'choices') {
    fields[name] = Array.isArray(json) ? json : toValue(json);
  } else if (name === 'data') fields.data = toData(json);
  else fields[name satisfies ScalarName] = toValue(json);
}

/** Whether these bytes look like JSON, which some game engines send in a binary frame. */
export function startsLikeJson(frame: Uint8Array): boolean {
  let at = startOf(frame);
  for (const end = at + MAX_AROUND; at < end && isSpace(frame[at]); at++);
  return frame[at] === BRACE || frame[at] === BRACKET;
}

function parse(frame: Uint8Array): Record<string, unknown> {
  const { buffer, byteOffset } = frame;
  const [start, end] = [startOf(frame), endOf(frame)];
  const text = Buffer.from(buffer, byteOffset + start, Math.max(0, end - start));
  const excess = jsonExcess(text);
  if (excess !== undefined) throw new CommandError('bad_json', `JSON: ${excess}`);
  let json: unknown;
  try {
    json = JSON.parse(text.toString('utf8'));
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

function toValue(json: unknown): Value {
  switch (typeof json) {
    case 'string':
      // JSON can contain a lone surrogate, which UTF-8 cannot encode.
      return json.toWellFormed();
    case 'number':
    case 'boolean':
    case 'undefined':
      return json;
    default:
      return json === null ? null : UNUSABLE;
  }
}

function toData(json: unknown): Payload | Value {
  if (typeof json === 'string') return new Payload(Buffer.from(json), true);
  if (!Array.isArray(json)) return toValue(json);
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
