import { expect, onTestFinished, test, vi } from 'vitest';
import { LoadMonitor } from '../../../src/ops/load-monitor.js';

test('an overload is reported once, and again when it returns', () => {
  vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval'] });
  onTestFinished(() => void vi.useRealTimers());
  let isFull = false;
  const reported: string[] = [];
  const monitor = new LoadMonitor(
    { maxLag: 0, maxHeap: 0 },
    () => isFull,
    (what) => reported.push(what),
  );
  onTestFinished(monitor.start());
  const check = (full: boolean): void => {
    isFull = full;
    vi.advanceTimersByTime(100);
  };
  for (const full of [false, true, true]) check(full);
  expect(reported).toEqual(['memory']);
  for (const full of [false, true]) check(full);
  expect(reported).toEqual(['memory', 'memory']);
});
