import { endOfString } from '../json-string.js';
import { SignalingError } from './errors.js';

/** The most levels of lists and objects. The database of the original has the same limit. */
const MAX_DEPTH = 32;

/** The most lists, objects, keys and values together. A request usually has ten to twenty. */
const MAX_VALUES = 1024;

const QUOTE = 0x22;

/**
 * Refuses JSON that has too many values or levels, before it is parsed: 64 KiB of keys take tens of
 * milliseconds to parse and to serialize, and deep nesting overflows the stack.
 *
 * @throws {SignalingError} `tooManyValues`, `tooDeep`
 */
export function checkJsonShape(json: Uint8Array): void {
  let values = 0;
  let depth = 0;
  for (let at = 0; at < json.length; at++) {
    switch (json[at]) {
      case QUOTE:
        at = endOfString(json, at);
        break;
      // [ {
      case 0x5b:
      case 0x7b:
        values++;
        depth++;
        break;
      // ] }
      case 0x5d:
      case 0x7d:
        depth--;
        break;
      // , :
      case 0x2c:
      case 0x3a:
        values++;
        break;
    }
    if (depth > MAX_DEPTH) throw new SignalingError('tooDeep');
    if (values > MAX_VALUES) throw new SignalingError('tooManyValues');
  }
}
