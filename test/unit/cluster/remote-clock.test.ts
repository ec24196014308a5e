import { expect, test } from 'vitest';
import { RemoteClock } from '../../../src/cluster/nodes/remote-clock.js';

test('times of another clock are at most as late as the fastest message says', () => {
  const clock = new RemoteClock();
  expect(clock.ownTime(1234, 51_000)).toBeUndefined();
  clock.heard(1000, 51_020);
  clock.heard(1500, 51_501);
  clock.heard(2000, 54_000);
  const { earliest, latest = 0 } = clock.ownTime(1234, 54_000) ?? {};
  expect(earliest).toBe(Number.NEGATIVE_INFINITY);
  expect(latest).toBeCloseTo(51_235, -1);
});

test('a line that is slow all the time makes no time certain that is not', () => {
  const clock = new RemoteClock();
  // The other clock is 50 s behind, and every message needs 3 s.
  for (let at = 0; at <= 60_000; at += 500) clock.heard(at, at + 53_000);
  clock.answered(59_000, 106_000, 112_000);
  const { earliest = 0, latest = 0 } = clock.ownTime(59_900, 113_000) ?? {};
  expect(earliest).toBeLessThan(109_900);
  expect(latest).toBeGreaterThan(109_900);
  expect(earliest).toBeGreaterThan(106_000);
});

test('the answer to a ping says how exactly a time is known', () => {
  const clock = new RemoteClock();
  clock.answered(5000, 55_000, 55_004);
  const { earliest, latest } = clock.ownTime(5000, 55_004) ?? {};
  expect([earliest, latest]).toEqual([55_000, 55_004]);
});

test('what was learned long ago is less exact, because clocks drift', () => {
  const clock = new RemoteClock();
  clock.answered(5000, 55_000, 55_004);
  const { earliest = 0, latest = 0 } = clock.ownTime(65_000, 115_004) ?? {};
  expect(earliest).toBeCloseTo(115_000 - 60, 0);
  expect(latest).toBeCloseTo(115_004 + 60, 0);
});

test.each([
  ['ahead', 60_000],
  ['back', -60_000],
])('a clock that jumps %s, because a machine slept, is learned again', (_, jump) => {
  const clock = new RemoteClock();
  clock.answered(5000, 55_000, 55_004);
  clock.heard(6000 + jump, 56_010);
  clock.answered(7000 + jump, 57_000, 57_004);
  const { earliest, latest } = clock.ownTime(7000 + jump, 57_004) ?? {};
  expect([earliest, latest]).toEqual([57_000, 57_004]);
});

test('times that have wrapped are right', () => {
  const clock = new RemoteClock();
  const now = 2 ** 32 + 50;
  clock.answered(now, now, now);
  expect(clock.ownTime(now >>> 0, now)).toEqual({ earliest: now, latest: now });
  const before = now - 100;
  expect(clock.ownTime(before >>> 0, now)).toEqual({ earliest: before, latest: before });
});
