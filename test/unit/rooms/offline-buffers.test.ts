import { expect, test } from 'vitest';
import { CLOSE_REASONS } from '../../../src/protocol/close-codes.js';
import { evictOfflineBuffers } from '../../../src/rooms/offline-buffers.js';
import { parseSeatKey } from '../../../src/rooms/seat-key.js';
import { TestHost, TestPlayer, text } from '../../support/peers.js';
import { bufferedBytes, join, openRoom } from '../../support/rooms.js';

/** A room with a connected player, and a disconnected one with a buffer of this size. */
function waitingRoom(kept: number) {
  const host = new TestHost();
  const room = openRoom(host, { reconnectWindow: 60 });
  const [away, here] = [new TestPlayer(), new TestPlayer()];
  const seat = join(room, away, parseSeatKey('a-key-of-sixteen'));
  const other = join(room, here);
  seat.leave(away, false);
  room.send([seat.id], text('x'.repeat(kept)));
  host.takeCalls();
  return { room, host, here, other };
}

test('buffers of players are evicted first, the largest first', () => {
  const [small, large] = [waitingRoom(1000), waitingRoom(5000)];
  const rooms = [small.room, large.room];
  const kept = bufferedBytes(rooms);
  expect(evictOfflineBuffers(rooms, 1)).toBe(5256);
  expect(bufferedBytes(rooms)).toBe(kept - 5256);
  expect(rooms.flatMap(({ offlineBuffers }) => offlineBuffers.players)).toHaveLength(2);
});

test('then rooms with disconnected hosts end, and no others', () => {
  const [held, running] = [waitingRoom(10), waitingRoom(10)];
  held.room.hostGone(held.host, false);
  held.other.receive(text('y'.repeat(3000)), held.here);
  evictOfflineBuffers([held.room, running.room], 3000);
  expect(held.here.takeCalls()).toEqual([CLOSE_REASONS.hostGone]);
  expect(running.here.takeCalls()).toEqual([]);
  expect(bufferedBytes([held.room, running.room])).toBe(0);
});
