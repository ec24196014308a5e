import { CommandError } from './command-error.js';

/** The longest text frame that is read: what is larger is better sent as CBOR. */
export const MAX_JSON_BYTES = 4 * 1024 * 1024;

/** Frames up to here are parsed without a look: they cannot take long. */
const SMALL = 64 * 1024;

/** Objects, lists and keys in a larger frame; a command has a handful. */
const MAX_STRUCTURE = 1024;

const QUOTE = 0x22;
const BACKSLASH = 0x5c;

/**
 * Refuses JSON that would keep everybody else waiting: four MiB of nested lists or of keys take
 * `JSON.parse` some 500 ms, as much text 20, as many integers 80 at most.
 *
 * @throws {CommandError} `bad_json`
 */
export function checkJsonBounds(frame: Uint8Array): void {
  if (frame.length <= SMALL) return;
  if (frame.length > MAX_JSON_BYTES) {
    throw new CommandError('bad_json', 'JSON: expected at most 4 MiB; send more as CBOR');
  }
  if (structure(frame) > MAX_STRUCTURE) {
    throw new CommandError('bad_json', `JSON: more than ${MAX_STRUCTURE} lists, objects and keys`);
  }
}

/** How many lists, objects and keys there are, counted up to what is too many. */
function structure(frame: Uint8Array): number {
  let count = 0;
  for (let at = 0; at < frame.length && count <= MAX_STRUCTURE; at++) {
    const byte = frame[at];
    if (byte === QUOTE) at = endOfString(frame, at);
    // [ { :
    else if (byte === 0x5b || byte === 0x7b || byte === 0x3a) count++;
  }
  return count;
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
