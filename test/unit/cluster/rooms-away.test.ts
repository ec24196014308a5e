import { beforeEach, expect, test, vi } from 'vitest';
import { SYSTEM_TIMERS } from '../../../src/launch/timers.js';
import type { SavedRoom } from '../../../src/rooms/saved-room.js';
import { RoomsAway } from '../../../src/server/cluster/moves/rooms-away.js';

const ROOM = { code: 'BCDF', resume: 'hash', hold: 60 } as unknown as SavedRoom;
const { code } = ROOM;

beforeEach(() => {
  vi.useFakeTimers();
});

const timers = { ...SYSTEM_TIMERS, now: () => Date.now() };

test('one relay at a time gets a room, by its token', () => {
  const away = new RoomsAway(timers, 600);
  away.add(ROOM, 'record');
  expect(away.take(code, 'other hash')).toBeUndefined();
  expect(away.take(code, 'hash')).toBe('record');
  expect(away.take(code, 'hash')).toBe('taken');
  vi.advanceTimersByTime(3001);
  // That relay has failed: another one takes what is written.
  expect(away.take(code, 'hash')).toBeUndefined();
  expect(away.has(code)).toBe(true);
});

test('a room whose record is too large for an answer is away, too', () => {
  const away = new RoomsAway(timers, 600);
  away.add(ROOM, undefined);
  expect(away.take(code, 'hash')).toBeUndefined();
  expect(away.has(code)).toBe(true);
});

test('a room is away until its reconnect window is over, or it is known where it is', () => {
  const away = new RoomsAway(timers, 600);
  away.add(ROOM, 'record');
  vi.advanceTimersByTime(59_000);
  expect(away.has(code)).toBe(true);
  vi.advanceTimersByTime(1001);
  expect(away.has(code)).toBe(false);
  away.add(ROOM, 'record');
  away.add(ROOM, 'newer record');
  away.delete(code);
  expect(away.take(code, 'hash')).toBeUndefined();
  expect(vi.getTimerCount()).toBe(0);
});

test('a shorter limit of reconnect windows counts, and closing leaves no timer', () => {
  const away = new RoomsAway(timers, 10);
  away.add(ROOM, 'record');
  vi.advanceTimersByTime(10_001);
  expect(away.has(code)).toBe(false);
  away.add(ROOM, 'record');
  away.close();
  expect(vi.getTimerCount()).toBe(0);
});
