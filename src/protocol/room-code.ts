/** The letters of drawn codes: without vowels and Y, so that none of them is a word. */
export const CODE_ALPHABET = 'BCDFGHJKLMNPQRSTVWXZ';
/** How many letters codes have, unless the operator of a relay wants more. */
export const CODE_LENGTH = 4;
export const MAX_CODE_LENGTH = 8;

/** Hosts may choose codes with other letters. `/CREATE` is where hosts connect. */
const PATTERN = new RegExp(`^(?!CREATE$)[A-Z]{${CODE_LENGTH},${MAX_CODE_LENGTH}}$`, 'i');

/** Parses a room code in any case; `undefined` if no room of any relay can have it. */
export function readRoomCode(text: string): string | undefined {
  return PATTERN.test(text) ? text.toUpperCase() : undefined;
}
