import { Buffer } from 'node:buffer';
import { CommandError } from './command-error.js';
import { type Fields, NOT_BYTES, noFields, UNUSABLE, type Value } from './fields.js';
import { checkJsonBounds } from './json-bounds.js';
import { Payload } from './payload.js';

/**
 * Reads a host's text frame: the same command as in CBOR, written as JSON, bytes as an array of
 * integers.
 *
 * @throws {CommandError} `bad_json` if it is not one JSON object
 */
export function readJsonFields(frame: Uint8Array): Fields {
  const json = parse(frame);
  return {
    ...noFields(),
    cmd: toValue(json['cmd']),
    max_players: toValue(json['max_players']),
    name: toValue(json['name']),
    player: toValue(json['player']),
    hold: toValue(json['hold']),
    to: Array.isArray(json['to']) ? json['to'] : toValue(json['to']),
    data: toData(json['data']),
  };
}

function parse(frame: Uint8Array): Record<string, unknown> {
  checkJsonBounds(frame);
  let json: unknown;
  try {
    json = JSON.parse(Buffer.from(frame.buffer, frame.byteOffset, frame.length).toString('utf8'));
  } catch {
    throw new CommandError('bad_json', 'JSON: cannot be parsed');
  }
  if (typeof json === 'object' && json !== null && !Array.isArray(json))
    return json as Record<string, unknown>;
  throw new CommandError('bad_json', 'JSON: expected an object');
}

function toValue(json: unknown): Value {
  switch (typeof json) {
    case 'string':
      // A lone surrogate, which JSON can escape, has no UTF-8.
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
