import { customAlphabet } from 'nanoid';
import { CODE_ALPHABET, CODE_LENGTH, readRoomCode } from '../protocol/room-code.js';
import type { RoomCode } from './ids.js';

/** How many codes of the usual length there are. */
export const CODE_SPACE = codeSpace(CODE_LENGTH);

/** With at most half of the codes taken, a hundred misses in a row do not happen. */
const MAX_TRIES = 100;

/** How many codes of this length can be drawn. */
export function codeSpace(length: number): number {
  return CODE_ALPHABET.length ** length;
}

/** A source of random codes of this length. */
export function randomCodes(length: number): () => string {
  return customAlphabet(CODE_ALPHABET, length);
}

/** A code in any case; `undefined` if no room of any relay can have it. */
export function parseRoomCode(text: string): RoomCode | undefined {
  return readRoomCode(text) as RoomCode | undefined;
}

/**
 * Draws a code that is not taken.
 *
 * @param taken the codes in use
 * @param draw a source of random codes; `undefined` if it has none
 * @param space how many codes it can draw
 * @returns `undefined` if more than half of all codes are in use: guessing one would be too easy,
 * and finding a free one slow
 */
export function drawRoomCode(
  taken: { readonly size: number; has(code: RoomCode): boolean },
  draw: () => string | undefined = randomCodes(CODE_LENGTH),
  space: number = CODE_SPACE,
): RoomCode | undefined {
  if (taken.size > space / 2) return undefined;
  for (let tries = 0; tries < MAX_TRIES; tries++) {
    const code = draw() as RoomCode | undefined;
    if (code === undefined) return undefined;
    if (!taken.has(code)) return code;
  }
  return undefined;
}
