import { Buffer } from 'node:buffer';

/** The names of public lists: they are part of a path. */
const LIST_NAME = /^[A-Za-z0-9._-]{1,64}$/;

/** The same in words. */
export const LIST_NAME_FORMAT = '1 to 64 characters of A-Z a-z 0-9 . _ -';

/** The longest text about a room in a public list, in bytes of UTF-8. */
export const MAX_LISTING_BYTES = 1024;

/** Whether a public list can have this name. */
export function isListName(name: string): boolean {
  return LIST_NAME.test(name);
}

/** Whether a public list can show this text about a room. */
export function isListing(text: string): boolean {
  return text.isWellFormed() && Buffer.byteLength(text) <= MAX_LISTING_BYTES;
}
