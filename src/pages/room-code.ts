import { parseCode } from '../client/index.js';

/** What pasting or a keyboard may add to a code: spaces, hyphens and invisible characters. */
const NOISE = /[\s\p{Pd}\p{C}]/gu;

/** The most letters that a field keeps: no relay has longer codes. */
const LENGTH = 8;

/**
 * Reads a room code that was typed, pasted or scanned: in any case, with spaces or hyphens anywhere.
 *
 * @returns the code in capitals; `undefined` if no room can have it
 */
export function readCode(text: string): string | undefined {
  return parseCode(tidy(text));
}

/** Removes from a field, while it is typed, what is not part of a code. */
export function tidyCodeField(field: { value: string }): void {
  const letters = tidy(field.value).slice(0, LENGTH);
  if (field.value !== letters) field.value = letters;
}

/** Full-width letters, as East Asian keyboards type them, count as ordinary letters. */
function tidy(text: string): string {
  return text.normalize('NFKC').replace(NOISE, '');
}
