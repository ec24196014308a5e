import { expect, onTestFinished, test, vi } from 'vitest';
import { retry } from '../../../src/launch/nats/retry.js';

/** A request that fails with these errors, and then succeeds. */
function failing(...errors: string[]) {
  let attempts = 0;
  return {
    request: async () => {
      const error = errors[attempts++];
      if (error !== undefined) throw new Error(error);
      return 'done';
    },
    attempts: () => attempts,
  };
}

const isTimeout = (error: unknown) => (error as Error).message === 'timeout';

test('a temporary error is tried again', async () => {
  const { request, attempts } = failing('timeout', 'timeout');
  expect(await retry(request, isTimeout)).toBe('done');
  expect(attempts()).toBe(3);
});

test('any other error is not', async () => {
  const { request, attempts } = failing('timeout', 'refused');
  await expect(retry(request, isTimeout)).rejects.toThrow('refused');
  expect(attempts()).toBe(2);
});

test('there is an end to attempts', async () => {
  vi.useFakeTimers();
  onTestFinished(() => void vi.useRealTimers());
  const { request, attempts } = failing(...new Array(1000).fill('timeout'));
  const failed = expect(retry(request, isTimeout)).rejects.toThrow('timeout');
  await vi.advanceTimersByTimeAsync(14_000);
  const before = attempts();
  await vi.advanceTimersByTimeAsync(2000);
  await failed;
  expect(attempts()).toBeGreaterThan(before);
  expect(vi.getTimerCount()).toBe(0);
});
