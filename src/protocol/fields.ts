import type { Payload } from './payload.js';

/**
 * A value of a frame, as far as commands need to tell values apart. `unusable` is whatever no
 * field of a command can be: a list or map in a place for a scalar, a byte string as a name.
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

/** A list as `data`, in which something is no integer 0 to 255. */
export const NOT_BYTES = Symbol('not bytes');

/** The most ids that `to` may list. */
export const MAX_RECIPIENTS = 65_536;

/**
 * The fields of a host's frame, read but not yet judged: the meeting point of the codecs. Both
 * CBOR and JSON become this, and one place decides what a command needs.
 *
 * Keys that no command knows are not here. A key that is missing is `undefined`.
 */
export interface Fields {
  cmd: Value;
  max_players: Value;
  name: Value;
  player: Value;
  hold: Value;
  /** A list's elements, or what stood there in its place. */
  to: readonly Value[] | Value;
  /** Text, or bytes however they were written; not yet checked to be valid UTF-8. */
  data: Payload | Value;
}

export function noFields(): Fields {
  return {
    cmd: undefined,
    max_players: undefined,
    name: undefined,
    player: undefined,
    hold: undefined,
    to: undefined,
    data: undefined,
  };
}
