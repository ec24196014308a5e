import { expect, test } from 'vitest';
import type { RoomCode } from '../../../src/rooms/ids.js';
import { RestingCodes } from '../../../src/rooms/resting-codes.js';
import { CODE_SPACE } from '../../../src/rooms/room-code.js';

const code = (text: string) => text as RoomCode;

test('a code rests for as long as it is told, from when it was freed last', () => {
  const resting = new RestingCodes(1000);
  expect(resting.has(code('BCDF'), 0)).toBe(false);
  resting.add(code('BCDF'), 0);
  expect([0, 999, 1000].map((now) => resting.has(code('BCDF'), now))).toEqual([true, true, false]);
  resting.add(code('GHJK'), 500);
  resting.add(code('BCDF'), 800);
  expect(resting.has(code('BCDF'), 1799)).toBe(true);
  expect(resting.has(code('GHJK'), 1500)).toBe(false);
});

test('with no time to rest none rests', () => {
  const resting = new RestingCodes(0);
  resting.add(code('BCDF'), 0);
  expect(resting.has(code('BCDF'), 0)).toBe(false);
});

test('at most a quarter of all codes rests; those that have rested longest come back first', () => {
  const resting = new RestingCodes(1000);
  const most = CODE_SPACE / 4;
  for (let i = 0; i <= most; i++) resting.add(code(`${i}`), 0);
  expect([0, 1, most].map((i) => resting.has(code(`${i}`), 0))).toEqual([false, true, true]);
});
