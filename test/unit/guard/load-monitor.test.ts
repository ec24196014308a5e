import { expect, onTestFinished, test, vi } from 'vitest';
import { LoadMonitor } from '../../../src/guard/load-monitor.js';

test('says once that there is too much of something, and again when it is back', () => {
  vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval'] });
  onTestFinished(() => void vi.useRealTimers());
  let overfull = false;
  const said: string[] = [];
  const monitor = new LoadMonitor(
    { maxLag: 0, maxHeap: 0 },
    () => overfull,
    (what) => said.push(what),
  );
  onTestFinished(monitor.start());
  const look = (full: boolean): void => {
    overfull = full;
    vi.advanceTimersByTime(100);
  };
  for (const full of [false, true, true]) look(full);
  expect(said).toEqual(['memory']);
  for (const full of [false, true]) look(full);
  expect(said).toEqual(['memory', 'memory']);
});
