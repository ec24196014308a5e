import { expect, test, vi } from 'vitest';
import { Waiters } from '../../../src/workers/primary/waiters.js';

test('all who wait are woken, but nobody who comes later', async () => {
  vi.useFakeTimers();
  const waiters = new Waiters();
  const early = [waiters.wait(1000), waiters.wait(2000)];
  waiters.wake();
  expect(await Promise.all(early)).toEqual([true, true]);
  expect(vi.getTimerCount()).toBe(0);
  const late = waiters.wait(1000);
  vi.advanceTimersByTime(1000);
  expect(await late).toBe(false);
  vi.useRealTimers();
});
