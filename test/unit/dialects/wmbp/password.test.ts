import { expect, test } from 'vitest';
import { roomJson } from '../../../../src/dialects/wmbp/room-json.js';
import { CLOSE_REASONS } from '../../../../src/protocol/close-codes.js';
import type { Room } from '../../../../src/rooms/room.js';
import { hashSecret } from '../../../../src/rooms/secret.js';
import { TestPlayer, WmbpHost } from '../../../support/peers.js';
import { seatOf, TestRooms } from '../../../support/rooms.js';

const KEY = hashSecret("ana's phone");

function prepared(password = 'sesame') {
  const rooms = new TestRooms();
  const host = new WmbpHost(rooms);
  host.command({ cmd: 'prepare', maxPlayers: 2, name: '', hold: 60, features: { password } });
  return { rooms, host, room: rooms.room as Room, reply: host.takeCalls().at(-1) };
}

const WRONG = { is: 'refused', reason: CLOSE_REASONS.wrongPassword };

test('only a player with the password gets a seat, and the host does not notice the others', () => {
  const { host, room, reply } = prepared();
  expect(reply).toMatchObject({ with: expect.arrayContaining(['password']) });
  for (const password of [undefined, '', 'Sesame', 'sesame ', 'x'.repeat(257)]) {
    expect(room.join(new TestPlayer(), { password })).toEqual(WRONG);
  }
  expect(host.takeCalls()).toEqual([]);
  expect(room.join(new TestPlayer(), { password: 'sesame' }).is).toBe('seated');
});

test('the longest password works', () => {
  const password = 'é'.repeat(128);
  const { room } = prepared(password);
  expect(room.join(new TestPlayer(), { password }).is).toBe('seated');
  expect(room.join(new TestPlayer(), { password: password.slice(1) })).toEqual(WRONG);
});

test('who reconnects needs no password, and who was kicked needs the password to learn it', () => {
  const { room } = prepared();
  const ana = new TestPlayer();
  const seat = seatOf(room.join(ana, { key: KEY, password: 'sesame' }));
  seat.leave(ana, false);
  expect(room.join(new TestPlayer(), { key: KEY })).toEqual({ is: 'seated', seat });
  room.kick(seat.id);
  expect(room.join(new TestPlayer(), { key: KEY })).toEqual(WRONG);
  expect(room.join(new TestPlayer(), { key: KEY, password: 'sesame' })).toEqual({
    is: 'refused',
    reason: CLOSE_REASONS.kicked,
  });
});

test('the password comes before all that a room may be', () => {
  const { room } = prepared();
  room.change({ started: true });
  expect(room.join(new TestPlayer(), {})).toEqual(WRONG);
});

test('the room keeps a hash of it, also in its saved state, and says that it has one', () => {
  const { rooms, room } = prepared();
  expect(JSON.stringify(room.saved)).not.toContain('sesame');
  if (room.saved === undefined) throw new Error('not saved');
  const restored = rooms.restore(room.saved);
  expect(restored.features).toEqual({ password: hashSecret('sesame') });
  expect(roomJson(room, undefined, { maxPlayerMessage: 1, nodeUrl: '' })).toMatchObject({
    password: true,
  });
});
