const QUOTE = 0x22;
const BACKSLASH = 0x5c;

/**
 * The index of the quote that ends a JSON string, or an index past the end of the bytes if no quote
 * does.
 *
 * @param at the index of the quote that starts the string
 */
export function endOfString(json: Uint8Array, at: number): number {
  let end = at + 1;
  while (end < json.length && json[end] !== QUOTE) end += json[end] === BACKSLASH ? 2 : 1;
  return end;
}
