import { expect, test } from 'vitest';
import { CLOSE_REASONS } from '../../../../src/protocol/close-codes.js';
import type { Room } from '../../../../src/rooms/room.js';
import { hashSecret } from '../../../../src/rooms/secret.js';
import { TestPlayer, WmbpHost } from '../../../support/peers.js';
import { seatOf, TestRooms } from '../../../support/rooms.js';

const KEY = hashSecret("ana's phone");

/** A player that counts how often it is measured. */
class MeasuredPlayer extends TestPlayer {
  measured = 0;

  measure(): void {
    this.measured++;
  }
}

function prepared(times = 10) {
  const rooms = new TestRooms();
  const host = new WmbpHost(rooms);
  host.command({ cmd: 'prepare', maxPlayers: 4, name: '', hold: 60, features: { times } });
  const reply = host.takeCalls().at(-1) as { resume: string };
  return { rooms, host, room: rooms.room as Room, token: reply.resume };
}

function joined(room: Room, key?: typeof KEY) {
  const player = new MeasuredPlayer();
  return { player, seat: seatOf(room.join(player, { key })) };
}

test('the host gets at a steady pace what was measured since', () => {
  const { rooms, host, room } = prepared();
  const [ana, ben] = [joined(room), joined(room)];
  host.takeCalls();
  rooms.pass(9_999);
  expect(ana.player.measured).toBe(0);
  rooms.pass(1);
  expect([ana.player.measured, ben.player.measured]).toEqual([1, 1]);
  ana.seat.measured(20.4, ana.player);
  ben.seat.measured(31.5, ben.player);
  ben.seat.measured(33.5, new MeasuredPlayer());
  expect(host.takeCalls()).toEqual([]);
  rooms.pass(10_000);
  expect(host.takeCalls()).toEqual([
    {
      cmd: 'times',
      players: [
        [1, 20],
        [2, 32],
      ],
    },
  ]);
  rooms.pass(10_000);
  expect(host.takeCalls()).toEqual([]);
  expect(ana.player.measured).toBe(3);
});

test('players who are not connected any more have no time', () => {
  const { rooms, host, room } = prepared();
  const [ana, ben] = [joined(room, KEY), joined(room)];
  for (const { seat, player } of [ana, ben]) seat.measured(20, player);
  ana.seat.leave(ana.player, false);
  room.kick(2);
  host.takeCalls();
  rooms.pass(10_000);
  expect(host.takeCalls()).toEqual([]);
});

test('nobody is measured while the host is disconnected or slow', () => {
  const { rooms, host, room, token } = prepared();
  const { player, seat } = joined(room);
  seat.measured(20, player);
  host.session.setKeepsUp(false);
  rooms.pass(10_000);
  host.session.setKeepsUp(true);
  host.session.end(false);
  seat.measured(30, player);
  rooms.pass(10_000);
  expect(player.measured).toBe(0);
  const next = new WmbpHost();
  next.session.resume(room, token);
  expect(next.takeCalls()).not.toContainEqual(expect.objectContaining({ cmd: 'times' }));
  rooms.pass(10_000);
  expect(player.measured).toBe(1);
});

test.each([
  [0.001, 1],
  [1e9, 3600],
])('a pace of %f s is taken for %f s', (times, pace) => {
  expect(prepared(times).room.features).toEqual({ times: pace });
});

test('it ends with the room', () => {
  const { rooms, room } = prepared();
  expect(rooms.timers).toBe(1);
  room.end(CLOSE_REASONS.gameOver);
  expect(rooms.timers).toBe(0);
});
