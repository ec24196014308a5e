import { performance } from 'node:perf_hooks';
import { beforeEach, expect, test, vi } from 'vitest';
import { FlushCycle } from '../../../src/transport/flush-cycle.js';
import { LONG_MESSAGE } from '../../../src/transport/long-messages.js';
import { ReadTurns, type TurnOwner } from '../../../src/transport/read-turns.js';

const CHUNK = 64 * 1024;

let now = 1000;

beforeEach(() => {
  vi.useFakeTimers();
  vi.spyOn(performance, 'now').mockImplementation(() => now);
});

function advance(milliseconds: number): void {
  for (let left = milliseconds; left > 0; left--) {
    now++;
    vi.advanceTimersByTime(1);
  }
}

/** A connection that has received so many bytes of a message. */
function connection(cycle: FlushCycle, unreadBytes = 0) {
  const owner = {
    isReading: true as boolean,
    unreadBytes,
    pauseReading() {
      owner.isReading = false;
    },
    resumeReading() {
      owner.isReading = true;
    },
  } satisfies TurnOwner & { isReading: boolean };
  const turns = new ReadTurns(owner, cycle);
  /** Receives a chunk, which is not read during a pause. */
  const receive = (bytes: number) => {
    turns.chunk(bytes);
    if (!owner.isReading) owner.unreadBytes += bytes;
  };
  return { owner, receive };
}

test('after a long message that took 30 ms, further ones wait as long, and short ones do not', () => {
  const cycle = new FlushCycle();
  const whole = connection(cycle);
  const begun = connection(cycle, LONG_MESSAGE);
  const short = connection(cycle);
  cycle.longMessages.handled(30);
  whole.receive(CHUNK);
  begun.receive(1);
  short.receive(1000);
  expect(short.owner.isReading).toBe(true);
  for (const { owner } of [whole, begun]) expect(owner.isReading).toBe(false);
  advance(29);
  for (const { owner } of [whole, begun]) expect(owner.isReading).toBe(false);
  advance(5);
  for (const { owner } of [whole, begun]) expect(owner.isReading).toBe(true);
});

test('each message that took long is followed by a pause', () => {
  const cycle = new FlushCycle();
  const { owner, receive } = connection(cycle, LONG_MESSAGE);
  cycle.longMessages.handled(30);
  receive(1);
  advance(20);
  // Another connection did not wait: it had less than a long message.
  cycle.longMessages.handled(40);
  advance(39);
  expect(owner.isReading).toBe(false);
  advance(5);
  expect(owner.isReading).toBe(true);
});

test('long messages that take little time do not wait', () => {
  const cycle = new FlushCycle();
  const { owner, receive } = connection(cycle, LONG_MESSAGE);
  cycle.longMessages.handled(2);
  receive(CHUNK);
  expect(owner.isReading).toBe(true);
});

test('a machine that has stood still causes no long pause', () => {
  const cycle = new FlushCycle();
  cycle.longMessages.handled(10_000);
  expect(cycle.longMessages.wait).toBeLessThanOrEqual(100);
});
