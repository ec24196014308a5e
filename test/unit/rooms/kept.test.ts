import { expect, test } from 'vitest';
import { CLOSINGS } from '../../../src/protocol/close-codes.js';
import { keptBytes, shedKept, whoIsAway } from '../../../src/rooms/kept.js';
import { Room } from '../../../src/rooms/room.js';
import { Seat } from '../../../src/rooms/seat.js';
import { parseSeatKey } from '../../../src/rooms/seat-key.js';
import { TestHost, TestPlayer, text } from '../../support/peers.js';
import { TestKeeper } from '../../support/rooms.js';

/** A room with a player who is away and has so much kept, and one who is there. */
function waitingRoom(kept: number) {
  const host = new TestHost();
  const room = new Room(host, new TestKeeper());
  room.command({ cmd: 'prepare', maxPlayers: 8, name: '', hold: 60 });
  const [away, here] = [new TestPlayer(), new TestPlayer()];
  const seat = room.join(away, parseSeatKey('a-key-of-sixteen'));
  const other = room.join(here);
  if (!(seat instanceof Seat && other instanceof Seat)) throw new Error('no seat');
  seat.leave(away, false);
  room.send({ cmd: 'send', to: [seat.id], payload: text('x'.repeat(kept)) });
  host.news();
  return { room, host, here, other };
}

test('what is kept for players goes first, for those who have most', () => {
  const [small, large] = [waitingRoom(1000), waitingRoom(5000)];
  const rooms = [small.room, large.room];
  const kept = keptBytes(rooms);
  expect(shedKept(rooms, 1)).toBe(5256);
  expect(keptBytes(rooms)).toBe(kept - 5256);
  expect(whoIsAway(rooms).players).toBe(2);
});

test('then rooms end that wait for a host, and no others', () => {
  const [held, running] = [waitingRoom(10), waitingRoom(10)];
  held.room.hostGone(held.host, false);
  held.other.receive(text('y'.repeat(3000)), held.here);
  shedKept([held.room, running.room], 3000);
  expect(held.here.news()).toEqual([CLOSINGS.hostGone]);
  expect(running.here.news()).toEqual([]);
  expect(keptBytes([held.room, running.room])).toBe(0);
});
