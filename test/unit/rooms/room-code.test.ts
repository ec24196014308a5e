import { expect, test } from 'vitest';
import type { RoomCode } from '../../../src/rooms/ids.js';
import {
  CODE_SPACE,
  drawRoomCode,
  parseRoomCode,
  randomCodes,
} from '../../../src/rooms/room-code.js';

function taken(...codes: string[]): Set<RoomCode> {
  return new Set(codes as RoomCode[]);
}

test('there are 160,000 codes, none of which is a word', () => {
  expect(CODE_SPACE).toBe(160_000);
  for (let i = 0; i < 1000; i++) expect(drawRoomCode(taken())).toMatch(/^[^AEIOUY]{4}$/);
});

test('a code that is taken is drawn again', () => {
  const draws = ['BBBB', 'BBBB', 'CCCC'];
  expect(drawRoomCode(taken('BBBB'), () => draws.shift() ?? '')).toBe('CCCC');
});

test('with more than half of all codes taken, none is drawn', () => {
  const half = { size: CODE_SPACE / 2, has: () => false };
  expect(drawRoomCode(half, () => 'BBBB')).toBe('BBBB');
  const more = { size: CODE_SPACE / 2 + 1, has: () => false };
  expect(
    drawRoomCode(more, () => {
      throw new Error('drawn');
    }),
  ).toBeUndefined();
});

test('drawing gives up after too many collisions', () => {
  expect(drawRoomCode(taken('BBBB'), () => 'BBBB')).toBeUndefined();
});

test.each([
  ['bcdf', 'BCDF'],
  ['BcDf', 'BCDF'],
  ['ZZZZ', 'ZZZZ'],
  ['funx', 'FUNX'],
  ['bcdfghjk', 'BCDFGHJK'],
  ['creates', 'CREATES'],
])('%s is the code %s', (typed, code) => {
  expect(parseRoomCode(typed)).toBe(code);
});

test.each([
  '',
  'BCD',
  'BCDFGHJKL',
  'create',
  'CREATE',
  'BC F',
  'BC1F',
  'ſſſſ',
  'ßßßß',
  '%42BB',
  'BCDF\n',
])('%j is no code', (typed) => {
  expect(parseRoomCode(typed)).toBeUndefined();
});

test.each([5, 6, 7, 8])('codes of %i letters have no vowels either', (length) => {
  const draw = randomCodes(length);
  for (let i = 0; i < 100; i++) expect(draw()).toMatch(new RegExp(`^[^AEIOUY]{${length}}$`));
});
