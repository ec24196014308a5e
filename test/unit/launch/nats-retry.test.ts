import { expect, test } from 'vitest';
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
  const { request, attempts } = failing('timeout', 'timeout', 'timeout', 'timeout');
  await expect(retry(request, isTimeout)).rejects.toThrow('timeout');
  expect(attempts()).toBe(3);
});
