import type { Payload } from '../payload.js';

/**
 * The value of a field, as far as commands distinguish values. `UNUSABLE` stands for a value that no
 * field of a command can have: a list or map in place of a scalar, a byte string as a name.
 */
export type Value =
  | string
  | number
  | boolean
  | null
  | undefined
  | typeof UNUSABLE
  | typeof NOT_BYTES;
export const UNUSABLE = Symbol('unusable');

/** A list as `data`, of which not all elements are integers 0 to 255. */
export const NOT_BYTES = Symbol('not bytes');

/** The maximum number of ids in `to`. */
export const MAX_RECIPIENTS = 65_536;

/** The values that a field can have, by how it is read. */
interface FieldKinds {
  scalar: Value;
  /** The elements of a list, or a value in place of a list. */
  list: readonly Value[] | Value;
  /** The texts of a short list, or a value in place of a list. */
  texts: readonly Value[] | Value;
  /** Text or bytes, in any encoding. Text is not yet checked to be valid UTF-8. */
  content: Payload | Value;
}

/**
 * Every field that a command can have, and how it is read; those of messages first, for speed. What
 * they mean is in `commands.ts`, which values are valid in `read-command.ts`.
 */
export const FIELDS = {
  cmd: 'scalar',
  to: 'list',
  data: 'content',
  max_players: 'scalar',
  name: 'scalar',
  player: 'scalar',
  hold: 'scalar',
  with: 'scalar',
  about: 'scalar',
  ask: 'scalar',
  password: 'scalar',
  code: 'scalar',
  times: 'scalar',
  keep: 'scalar',
  later: 'scalar',
  except: 'list',
  audience: 'scalar',
  list: 'scalar',
  listing: 'scalar',
  choices: 'texts',
  reason: 'scalar',
  ban: 'scalar',
} as const satisfies Record<string, keyof FieldKinds>;

export type FieldName = keyof typeof FIELDS;
/** The fields that are read as scalars. */
export type ScalarName = {
  [Name in FieldName]: (typeof FIELDS)[Name] extends 'scalar' ? Name : never;
}[FieldName];

export const FIELD_NAMES = Object.keys(FIELDS) as FieldName[];

/**
 * The fields of a host's frame, not yet validated. CBOR and JSON are both read into this form, and
 * `toCommand` validates it. Unknown keys are left out; a missing key is `undefined`.
 */
export type Fields = { [Name in FieldName]: FieldKinds[(typeof FIELDS)[Name]] };

/**
 * The fields of messages are properties of each object, and all others of the prototype, until a
 * frame has one of them. With all fields in each object, reading a short message takes a third longer.
 */
class MessageFields {
  cmd = undefined;
  to = undefined;
  data = undefined;
}
for (const name of FIELD_NAMES) {
  Object.defineProperty(MessageFields.prototype, name, { value: undefined, writable: true });
}

/** The fields of a frame without any. */
export function noFields(): Fields {
  return new MessageFields() as Fields;
}
