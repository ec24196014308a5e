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
function connection(cycle: FlushCycle, unreadBytes = 0, address = 'A') {
  const owner = {
    address,
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

test('after a long message that took 30 ms, further ones of its address wait as long, and no others', () => {
  const cycle = new FlushCycle();
  const whole = connection(cycle);
  const begun = connection(cycle, LONG_MESSAGE);
  const short = connection(cycle);
  const other = connection(cycle, LONG_MESSAGE, 'B');
  cycle.longMessages.handled('A', 30);
  whole.receive(CHUNK);
  begun.receive(1);
  short.receive(1000);
  other.receive(CHUNK);
  for (const { owner } of [short, other]) expect(owner.isReading).toBe(true);
  for (const { owner } of [whole, begun]) expect(owner.isReading).toBe(false);
  advance(29);
  for (const { owner } of [whole, begun]) expect(owner.isReading).toBe(false);
  advance(5);
  for (const { owner } of [whole, begun]) expect(owner.isReading).toBe(true);
});

test('each message that took long is followed by a pause', () => {
  const cycle = new FlushCycle();
  const { owner, receive } = connection(cycle, LONG_MESSAGE);
  cycle.longMessages.handled('A', 30);
  receive(1);
  advance(20);
  // Another connection did not wait: it had less than a long message.
  cycle.longMessages.handled('A', 40);
  advance(39);
  expect(owner.isReading).toBe(false);
  advance(5);
  expect(owner.isReading).toBe(true);
});

test('long messages that take little time do not wait', () => {
  const cycle = new FlushCycle();
  const { owner, receive } = connection(cycle, LONG_MESSAGE);
  cycle.longMessages.handled('A', 2);
  receive(CHUNK);
  expect(owner.isReading).toBe(true);
});

test('a machine that has stood still causes no long pause', () => {
  const cycle = new FlushCycle();
  cycle.longMessages.handled('A', 10_000);
  expect(cycle.longMessages.waitOf('A')).toBeLessThanOrEqual(100);
});

test('an IPv6 /48 counts as one address', () => {
  const cycle = new FlushCycle();
  cycle.longMessages.handled('2001:db8:1:1::/64', 30);
  expect(cycle.longMessages.waitOf('2001:db8:1:fff0::/64')).toBe(30);
  expect(cycle.longMessages.waitOf('2001:db8:2:1::/64')).toBe(0);
});

test('after pauses of many addresses, the latest one still waits', () => {
  const cycle = new FlushCycle();
  for (let n = 0; n < 10_000; n++) {
    cycle.longMessages.handled(`${n}`, 4);
    advance(1);
  }
  expect(cycle.longMessages.waitOf('0')).toBe(0);
  expect(cycle.longMessages.waitOf('9999')).toBeGreaterThan(0);
});
