import { expect, test } from 'vitest';
import { UnfinishedMessage } from '../../../src/transport/unfinished-message.js';

const SECOND = 1000;
const KIB = 1024;

/** The time in seconds after which a message is late; `undefined` if it is not within an hour. */
function lateAfter(
  bytesAt: (second: number) => number | undefined,
  isPaused: (second: number) => boolean = () => false,
): number | undefined {
  const message = new UnfinishedMessage();
  for (let second = 0; second <= 3600; second++) {
    const bytes = bytesAt(second);
    const unfinished = bytes === undefined ? undefined : { id: 1, bytes };
    if (message.isLate(5e6 + second * SECOND, unfinished, isPaused(second))) return second;
  }
  return undefined;
}

test('without an incomplete message nothing is late', () => {
  expect(lateAfter(() => undefined)).toBe(undefined);
});

test('a message without progress is late after 30 s', () => {
  expect(lateAfter(() => 0)).toBe(31);
  expect(lateAfter(() => 10 * KIB)).toBe(41);
});

test('a slow message is late after 15 minutes', () => {
  expect(lateAfter((second) => second * KIB)).toBe(901);
  expect(lateAfter((second) => second * 512)).toBe(61);
});

test('the time in which reading is paused does not count', () => {
  expect(
    lateAfter(
      () => 0,
      (second) => second > 10 && second <= 1010,
    ),
  ).toBe(1031);
});

test('each message has its own time', () => {
  const message = new UnfinishedMessage();
  for (let second = 0; second <= 3600; second++) {
    const unfinished = { id: Math.floor(second / 20), bytes: 100 };
    expect(message.isLate(second * SECOND + 1, unfinished, false)).toBe(false);
  }
  expect(lateAfter((second) => (second % 25 === 0 ? undefined : 1))).toBe(undefined);
});
