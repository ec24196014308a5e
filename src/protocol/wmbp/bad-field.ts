import { Payload } from '../payload.js';
import { CommandError } from './command-error.js';
import { type Fields, NOT_BYTES, UNUSABLE } from './fields.js';

/** The error for a field whose value its command cannot use. */
export function badField(key: string, expected: string, got: Fields[keyof Fields]): CommandError {
  return new CommandError('bad_field', `${key}: expected ${expected}, got ${describe(got)}`);
}

export function describe(value: Fields[keyof Fields]): string {
  if (value === undefined) return 'nothing';
  if (value === null) return 'null';
  if (value === UNUSABLE) return 'something else';
  if (value === NOT_BYTES) return 'a list of other values';
  if (value instanceof Payload) return value.text ? 'text' : 'bytes';
  if (isList(value)) return 'a list';
  if (typeof value === 'number') return String(value);
  return typeof value === 'string' ? 'text' : 'a boolean';
}

export function isList(value: Fields['to']): value is Extract<Fields['to'], readonly unknown[]> {
  return Array.isArray(value);
}
