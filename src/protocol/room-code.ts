/** Without vowels and Y, so that no code is a word. */
export const CODE_ALPHABET = 'BCDFGHJKLMNPQRSTVWXZ';
export const CODE_LENGTH = 4;

const PATTERN = new RegExp(`^[${CODE_ALPHABET}]{${CODE_LENGTH}}$`, 'i');

/** Parses a room code in any case; `undefined` if no room can have it. */
export function readRoomCode(text: string): string | undefined {
  return PATTERN.test(text) ? text.toUpperCase() : undefined;
}
