import { describe, expect, test } from 'vitest';
import {
  BLOCKS,
  blocksOf,
  lettersOf,
  randomCodesOf,
  shareOf,
} from '../../../src/rooms/code-share.js';
import { Codes } from '../../../src/rooms/codes.js';
import type { RoomCode } from '../../../src/rooms/ids.js';

const code = (text: string) => text as RoomCode;

describe.each([1, 2, 3, 7, 64])('shares of %i processes', (of) => {
  const shares = Array.from({ length: of }, (_, index) => ({ index, of }));

  test('are ranges of blocks that follow each other, and differ by one block at most', () => {
    const ranges = shares.map(blocksOf);
    expect(ranges[0]?.[0]).toBe(0);
    expect(ranges.at(-1)?.[1]).toBe(BLOCKS);
    for (const [index, [first]] of ranges.entries()) {
      if (index > 0) expect(first).toBe(ranges[index - 1]?.[1]);
    }
    const sizes = ranges.map(([first, end]) => end - first);
    expect(Math.max(...sizes) - Math.min(...sizes)).toBeLessThanOrEqual(1);
  });

  test('have the codes that they draw, of any length', () => {
    for (const share of shares) {
      for (const length of [4, 6]) {
        const draw = randomCodesOf(share, length);
        for (let count = 0; count < 50; count++) {
          const drawn = draw();
          expect(drawn).toMatch(new RegExp(`^[B-Z]{${length}}$`));
          expect(shareOf(drawn, of)).toBe(share.index);
        }
      }
      for (const block of blocksOf(share).map((each, end) => each - end)) {
        expect(shareOf(`${lettersOf(block)}ZZ`, of)).toBe(share.index);
      }
    }
  });
});

test('a code with other letters, which a host has chosen, belongs to one share', () => {
  for (const chosen of ['AAAA', 'EYES', 'FISH', 'YYYY']) {
    expect(shareOf(chosen, 3)).toBeGreaterThanOrEqual(0);
    expect(shareOf(chosen, 3)).toBeLessThan(3);
  }
});

test('a share draws codes until half of its own are taken', () => {
  const codes = new Codes(0, { share: { index: 1, of: 4 } });
  const taken = (size: number) => ({ size, has: () => false });
  expect(shareOf(codes.draw(taken(20_000), 0) ?? '', 4)).toBe(1);
  expect(codes.draw(taken(20_001), 0)).toBeUndefined();
});

test('a code that was given away is neither given again nor drawn until it is taken back', () => {
  const codes = new Codes(1000, { customCodes: true });
  const none = new Set<RoomCode>();
  expect(codes.giveAway(code('FISH'), new Set([code('FISH')]), 0)).toBe(false);
  expect(codes.giveAway(code('FISH'), none, 0)).toBe(true);
  expect(codes.giveAway(code('FISH'), none, 0)).toBe(false);
  expect(codes.choose('FISH', none, 5000)).toBeUndefined();
  codes.takeBack(code('FISH'), 5000);
  expect(codes.choose('FISH', none, 5999)).toBeUndefined();
  expect(codes.choose('FISH', none, 6000)).toBe('FISH');
  codes.takeBack(code('WOLF'), 6000);
  expect(codes.isReserved(code('WOLF'), 6000)).toBe(false);
});
