import { CommandError } from './command-error.js';

/** The longest text frame that is read: what is larger is better sent as CBOR. */
export const MAX_JSON_BYTES = 4 * 1024 * 1024;

/** Frames up to here are parsed without a look: they cannot take long. */
const SMALL = 64 * 1024;

/** Objects, lists and keys in a larger frame; a command has a handful. */
const MAX_STRUCTURE = 1024;

/** What the values of a larger frame may cost together, in integers: so many bytes as a list. */
const MAX_VALUES = 512 * 1024;

// What other values cost: a string is an object, a fraction a number on the heap.
const STRING = 2;
const FRACTION = 8;

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const COMMA = 0x2c;
const POINT = 0x2e;
const SMALL_E = 0x65;

/**
 * Refuses JSON that would keep everybody else waiting: of four MiB, nested lists or keys take
 * `JSON.parse` 500 ms, fractions 300, integers 100, text 40. What passes takes 40 at most.
 *
 * @throws {CommandError} `bad_json`
 */
export function checkJsonBounds(frame: Uint8Array): void {
  if (frame.length <= SMALL) return;
  if (frame.length > MAX_JSON_BYTES) {
    throw new CommandError('bad_json', 'JSON: expected at most 4 MiB; send more as CBOR');
  }
  let structure = 0;
  let values = 0;
  for (let at = 0; at < frame.length; at++) {
    const byte = frame[at] as number;
    if (byte === COMMA) {
      values++;
    } else if (byte === QUOTE) {
      values += STRING;
      at = endOfString(frame, at);
    } else if (byte === POINT || (byte | 0x20) === SMALL_E) {
      values += FRACTION;
    } else if (byte === 0x5b || byte === 0x7b || byte === 0x3a) {
      // [ { :
      structure++;
    }
    if (structure > MAX_STRUCTURE) {
      throw new CommandError(
        'bad_json',
        `JSON: more than ${MAX_STRUCTURE} lists, objects and keys`,
      );
    }
    if (values > MAX_VALUES) {
      throw new CommandError('bad_json', `JSON: more than ${MAX_VALUES} values; send more as CBOR`);
    }
  }
}

/** Where the string ends that starts at `at`. */
function endOfString(frame: Uint8Array, at: number): number {
  for (let end = at + 1; end < frame.length; end++) {
    const byte = frame[end];
    if (byte === QUOTE) return end;
    if (byte === BACKSLASH) end++;
  }
  return frame.length;
}
