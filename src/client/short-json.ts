import { json } from './json.js';

/** The longest text that the relay carries beside messages, in bytes. */
const MAX_BYTES = 1_024;

/**
 * Returns a value as JSON, for a text that the relay carries beside messages.
 *
 * @param name for errors
 * @throws TypeError if JSON has no such value
 * @throws RangeError if it is too long
 */
export function shortJson(name: string, value: unknown): string | undefined {
  if (value === undefined) return undefined;
  const text = String(json.encode(value));
  if (new TextEncoder().encode(text).length <= MAX_BYTES) return text;
  throw new RangeError(`${name}: expected at most ${MAX_BYTES} bytes of JSON`);
}
