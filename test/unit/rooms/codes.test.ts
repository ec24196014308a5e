import { expect, test } from 'vitest';
import { Codes } from '../../../src/rooms/codes.js';
import type { RoomCode } from '../../../src/rooms/ids.js';
import { CODE_SPACE } from '../../../src/rooms/room-code.js';

const code = (text: string) => text as RoomCode;

test('a code stays reserved for the given time after its last room has ended', () => {
  const codes = new Codes(1000);
  expect(codes.isReserved(code('BCDF'), 0)).toBe(false);
  codes.reserve(code('BCDF'), 0);
  expect([0, 999, 1000].map((now) => codes.isReserved(code('BCDF'), now))).toEqual([
    true,
    true,
    false,
  ]);
  codes.reserve(code('GHJK'), 500);
  codes.reserve(code('BCDF'), 800);
  expect(codes.isReserved(code('BCDF'), 1799)).toBe(true);
  expect(codes.isReserved(code('GHJK'), 1500)).toBe(false);
});

test('with a time of 0, no code is reserved', () => {
  const codes = new Codes(0);
  codes.reserve(code('BCDF'), 0);
  expect(codes.isReserved(code('BCDF'), 0)).toBe(false);
});

test('at most a quarter of all codes is reserved; the earliest are freed first', () => {
  const codes = new Codes(1000);
  const most = CODE_SPACE / 4;
  for (let i = 0; i <= most; i++) codes.reserve(code(`${i}`), 0);
  expect([0, 1, most].map((i) => codes.isReserved(code(`${i}`), 0))).toEqual([false, true, true]);
});
