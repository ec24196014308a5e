import { expect, test } from 'vitest';
import { RemoteClock } from '../../../src/cluster/nodes/remote-clock.js';

test('times of another clock are known by the fastest message', () => {
  const clock = new RemoteClock();
  clock.heard(1000, 51_020);
  clock.heard(1500, 51_501);
  clock.heard(2000, 54_000);
  expect(clock.ownTime(1234, 54_000)).toBe(51_235);
});

test('what was heard long ago does not count, because clocks drift', () => {
  const clock = new RemoteClock();
  clock.heard(0, 100);
  for (let at = 0; at <= 30_000; at += 500) clock.heard(at, at + 120);
  expect(clock.ownTime(30_000, 30_120)).toBe(30_120);
});

test('times that have wrapped are right', () => {
  const clock = new RemoteClock();
  const now = 2 ** 32 + 50;
  clock.heard(now, now);
  expect(clock.ownTime(now >>> 0, now)).toBe(now);
  expect(clock.ownTime((now - 100) >>> 0, now)).toBe(now - 100);
});
