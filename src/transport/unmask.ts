/** How long the key is, right before what it masks (RFC 6455 section 5.3). */
export const MASK_LENGTH = 4;

/**
 * Unmasks what lies behind its key, in place; twice is not at all.
 *
 * @returns all bytes that it has become, or'ed together: below 0x80 if they are ASCII
 */
export function unmask(bytes: Uint8Array, start: number, length: number): number {
  const key0 = bytes[start - 4] as number;
  const key1 = bytes[start - 3] as number;
  const key2 = bytes[start - 2] as number;
  const key3 = bytes[start - 1] as number;
  const end = start + length;
  let any = 0;
  let at = start;
  // One byte of the key for each, by name: half the time of looking it up.
  for (const last = end - 3; at < last; at += 4) {
    any |= bytes[at] = (bytes[at] as number) ^ key0;
    any |= bytes[at + 1] = (bytes[at + 1] as number) ^ key1;
    any |= bytes[at + 2] = (bytes[at + 2] as number) ^ key2;
    any |= bytes[at + 3] = (bytes[at + 3] as number) ^ key3;
  }
  if (at < end) any |= bytes[at] = (bytes[at] as number) ^ key0;
  if (at + 1 < end) any |= bytes[at + 1] = (bytes[at + 1] as number) ^ key1;
  if (at + 2 < end) any |= bytes[at + 2] = (bytes[at + 2] as number) ^ key2;
  return any;
}
