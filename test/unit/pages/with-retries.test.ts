import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { RelayError } from '../../../src/client/errors/relay-error.js';
import { withRetries } from '../../../src/pages/sketch/with-retries.js';

const FULL = [1013, 'relay full'] as const;

beforeEach(() => {
  vi.useFakeTimers();
});

afterEach(() => {
  vi.useRealTimers();
});

/** A relay that refuses so many attempts, and counts them. */
function relay(refusals: number, code: number, reason: string) {
  const attempt = vi.fn(async () => {
    if (attempt.mock.calls.length <= refusals) throw new RelayError(code, reason);
    return 'in';
  });
  const waiting = vi.fn();
  const outcome = withRetries(attempt, waiting).catch((error: RelayError) => error.code);
  return { attempt, waiting, outcome };
}

test('a busy relay is tried again after a second', async () => {
  const { attempt, waiting, outcome } = relay(2, ...FULL);
  await vi.advanceTimersByTimeAsync(999);
  expect(attempt).toHaveBeenCalledTimes(1);
  await vi.runAllTimersAsync();
  expect(await outcome).toBe('in');
  expect(attempt).toHaveBeenCalledTimes(3);
  expect(waiting).toHaveBeenCalledTimes(2);
});

test('a relay that stays full is not tried without end', async () => {
  const { attempt, outcome } = relay(Number.POSITIVE_INFINITY, ...FULL);
  await vi.runAllTimersAsync();
  expect(await outcome).toBe('relayFull');
  expect(attempt).toHaveBeenCalledTimes(6);
});

test.each([
  ['no such room', 4004, 'noSuchRoom'],
  ['room full', 4007, 'roomFull'],
  ['', 1006, 'unreachable'],
])('%s is reported at once', async (reason, code, what) => {
  const { attempt, outcome } = relay(1, code, reason);
  await vi.runAllTimersAsync();
  expect(await outcome).toBe(what);
  expect(attempt).toHaveBeenCalledTimes(1);
});
