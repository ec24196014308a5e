import { randomInt } from 'node:crypto';
import { CODE_ALPHABET } from '../protocol/room-code.js';
import type { RoomCode } from './ids.js';
import { randomCodes } from './room-code.js';

/** The codes that one of several processes draws: `index` counts from 0. */
export interface CodeShare {
  readonly index: number;
  readonly of: number;
}

/** The first two letters of a code: its block. */
const BLOCK_LETTERS = 2;

/** How many blocks there are. */
export const BLOCKS = CODE_ALPHABET.length ** BLOCK_LETTERS;

/**
 * The process that draws this code. Each has a range of blocks in the order of the alphabet, so that a
 * proxy can recognize its codes by their first letters.
 *
 * @returns the index of the process; for codes that are never drawn, because they have other letters,
 * any of them, but always the same
 */
export function shareOf(code: string, of: number): number {
  let block = 0;
  for (const letter of code.slice(0, BLOCK_LETTERS)) {
    block = block * CODE_ALPHABET.length + Math.max(0, CODE_ALPHABET.indexOf(letter));
  }
  return Math.floor((block * of) / BLOCKS);
}

/** The first block of a share and the first one after it. */
export function blocksOf({ index, of }: CodeShare): readonly [first: number, end: number] {
  return [Math.ceil((index * BLOCKS) / of), Math.ceil(((index + 1) * BLOCKS) / of)];
}

/** The first two letters of the codes in this block. */
export function lettersOf(block: number): string {
  const size = CODE_ALPHABET.length;
  return `${CODE_ALPHABET[Math.floor(block / size)]}${CODE_ALPHABET[block % size]}`;
}

/** A source of random codes of this length, of the blocks that the process has at the moment. */
export function randomCodesIn(
  blocks: () => readonly string[],
  length: number,
): () => RoomCode | undefined {
  const drawRest = randomCodes(length - BLOCK_LETTERS);
  return () => {
    const all = blocks();
    if (all.length === 0) return undefined;
    return `${all[randomInt(all.length)]}${drawRest()}` as RoomCode;
  };
}

/** A source of random codes of this length, of a share. */
export function randomCodesOf(share: CodeShare, length: number): () => RoomCode {
  const [first, end] = blocksOf(share);
  const drawRest = randomCodes(length - BLOCK_LETTERS);
  return () => {
    return `${lettersOf(randomInt(first, end))}${drawRest()}` as RoomCode;
  };
}
