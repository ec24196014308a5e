import { endOfString } from './json-string.js';

/** The size of the longest text frame that is read, in bytes. Larger commands must be CBOR. */
export const MAX_JSON_BYTES = 4 * 1024 * 1024;

/** Frames up to this size are parsed without checks: they cannot take long. */
export const SMALL = 64 * 1024;

/** The most backslashes in a larger frame: `JSON.parse` takes 5 to 11 ns for an escape. */
const MAX_BACKSLASHES = 512 * 1024;

/** The most objects, lists and keys in a larger frame; a command has a handful. */
const MAX_STRUCTURE = 1024;

/** The total cost of the values in a larger frame. A byte in a list costs 1. */
const MAX_VALUES = 512 * 1024;

// The cost of other values: a string is an object, a fraction is a number on the heap. So is an
// integer of more than nine digits, and every nine further digits cost the same again.
const STRING = 2;
const FRACTION = 8;
const LONG_DIGITS = 9;

const BACKSLASH = 0x5c;
const QUOTE = 0x22;
const COMMA = 0x2c;
const POINT = 0x2e;
const ZERO = 0x30;
const NINE = 0x39;
const SMALL_E = 0x65;

/**
 * The reason why JSON of more than `SMALL` bytes would block the event loop for long. `JSON.parse`
 * takes 500 ms for 4 MiB of nested lists or keys, 300 ms for fractions, 100 ms for integers, 40 ms for
 * text. JSON within the limits takes 30 ms at most, half of it for escapes.
 *
 * @returns `undefined` if it is within the limits
 */
export function jsonExcess(frame: Uint8Array): string | undefined {
  if (frame.length > MAX_JSON_BYTES) return 'expected at most 4 MiB; send more as CBOR';
  if (backslashesIn(frame) > MAX_BACKSLASHES) {
    return `more than ${MAX_BACKSLASHES} backslashes; send more as CBOR`;
  }
  let structure = 0;
  let values = 0;
  let digits = 0;
  for (let at = 0; at < frame.length; at++) {
    const byte = frame[at] as number;
    if (byte >= ZERO && byte <= NINE) {
      digits++;
      if (digits <= LONG_DIGITS) continue;
      digits = 1;
      values += FRACTION;
    } else {
      digits = 0;
    }
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
    if (structure > MAX_STRUCTURE) return `more than ${MAX_STRUCTURE} lists, objects and keys`;
    if (values > MAX_VALUES) return `more than ${MAX_VALUES} values; send more as CBOR`;
  }
  return undefined;
}

function backslashesIn(frame: Uint8Array): number {
  let count = 0;
  // Without a branch, which random text would mispredict.
  for (let at = 0; at < frame.length; at++) count += Number(frame[at] === BACKSLASH);
  return count;
}
