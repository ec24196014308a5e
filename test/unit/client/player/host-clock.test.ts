import { expect, test } from 'vitest';
import { HostClock } from '../../../../src/client/player/host-clock.js';
import { FakeClock } from '../fakes.js';

/** The host's clock is so much ahead, in milliseconds. */
const AHEAD = 1_000_000;

/** A host clock that measures round trips with these times up and down, in order. */
function openClock(...trips: readonly (readonly [up: number, down: number])[]) {
  const clock = new FakeClock();
  const measuredAt: number[] = [];
  const hostClock = new HostClock(clock, () => {
    measuredAt.push(clock.now());
    const [up, down] = trips[measuredAt.length - 1] ?? [];
    if (up === undefined || down === undefined) return;
    clock.after(up, () => {
      const time = clock.now() + AHEAD;
      clock.after(down, () => hostClock.add(up + down, time));
    });
  });
  const error = () => (hostClock.time ?? Number.NaN) - clock.now() - AHEAD;
  return { clock, hostClock, measuredAt, error };
}

test('there is no time before the first measurement', () => {
  const { clock, hostClock } = openClock([20, 20]);
  expect(hostClock.time).toBeUndefined();
  hostClock.start();
  clock.pass(39);
  expect(hostClock.time).toBeUndefined();
  clock.pass(1);
  expect(hostClock.time).toBe(AHEAD + 40);
  clock.pass(1_000);
  expect(hostClock.time).toBe(AHEAD + 1_040);
});

test('the error is the half of the difference between the two directions', () => {
  const { clock, hostClock, error } = openClock([10, 30]);
  hostClock.start();
  clock.pass(100);
  expect(error()).toBe(-10);
});

test('the measurement with the shortest round trip counts', () => {
  const { clock, hostClock, error } = openClock([20, 400], [5, 5], [0, 300]);
  hostClock.start();
  clock.pass(10_000);
  expect(error()).toBe(0);
});

test('an old measurement does not count for ever, because clocks drift', () => {
  const { clock, hostClock, error } = openClock([0, 0], ...Array(20).fill([0, 40]));
  hostClock.start();
  clock.pass(60_000);
  expect(error()).toBe(0);
  clock.pass(120_000);
  expect(error()).toBe(-20);
});

test('the time never goes back', () => {
  const { clock, hostClock } = openClock([0, 0], ...Array(20).fill([40, 0]));
  hostClock.start();
  let latest = 0;
  for (let step = 0; step < 3_000; step++) {
    clock.pass(100);
    const { time = 0 } = hostClock;
    expect(time).toBeGreaterThanOrEqual(latest);
    latest = time;
  }
});

test('it measures a few times soon, and then every 16 seconds, until it is stopped', () => {
  const { clock, hostClock, measuredAt } = openClock();
  hostClock.start();
  clock.pass(50_000);
  expect(measuredAt).toEqual([0, 500, 1_500, 3_500, 7_500, 15_500, 31_500, 47_500]);
  hostClock.stop();
  clock.pass(50_000);
  expect(measuredAt).toHaveLength(8);
});

test('another page of the host has another clock', () => {
  const { clock, hostClock } = openClock([0, 0]);
  hostClock.start();
  clock.pass(10);
  expect(hostClock.time).toBe(AHEAD + 10);
  hostClock.reset();
  expect(hostClock.time).toBeUndefined();
  hostClock.add(0, 5);
  expect(hostClock.time).toBe(5);
  hostClock.add(0, Number.NaN);
  hostClock.add(0, Number.POSITIVE_INFINITY);
  expect(hostClock.time).toBe(5);
});
