import { expect, test } from 'vitest';
import { CLOSE_REASONS } from '../../../src/protocol/close-codes.js';
import { parseSeatKey } from '../../../src/rooms/seat-key.js';
import { TestHost, TestPlayer, text } from '../../support/peers.js';
import { CODE, join, openRoom, refusal, TestRooms } from '../../support/rooms.js';

const KEY = parseSeatKey('the-key-of-a-player');

function opened(reconnectWindow = 60) {
  const rooms = new TestRooms();
  const host = new TestHost();
  const room = openRoom(host, { name: 'quiz', maxPlayers: 2, reconnectWindow }, rooms);
  return { rooms, host, room, token: room.resumeToken ?? '' };
}

test('the host gets events of the room', () => {
  const { room, host } = opened();
  const [player, back] = [new TestPlayer(), new TestPlayer()];
  const seat = join(room, player, KEY);
  seat.receive(text('hi'), player);
  seat.leave(player, false);
  join(room, back, KEY);
  room.kick(1);
  expect(host.takeCalls()).toEqual([
    { type: 'playerJoined', player: 1 },
    { from: 1, text: 'hi' },
    { type: 'playerDisconnected', player: 1 },
    { type: 'playerReconnected', player: 1, missed: 0 },
    { type: 'playerLeft', player: 1 },
  ]);
  expect([back.takeCalls(), refusal(room, new TestPlayer(), KEY)]).toEqual([
    [CLOSE_REASONS.kicked],
    CLOSE_REASONS.kicked,
  ]);
});

test('a host that resumes gets hostResumed, and then what it missed', () => {
  const { room, rooms, host, token } = opened();
  room.hostGone(host, false);
  const player = new TestPlayer();
  join(room, player).receive(text('hi'), player);
  const back = new TestHost();
  expect(room.resume(back, token)).toBe(true);
  expect(back.takeCalls()).toEqual([
    { type: 'hostResumed', code: CODE, token },
    { type: 'playerJoined', player: 1 },
    { from: 1, text: 'hi' },
  ]);
  expect([rooms.hostConnections, host.takeCalls()]).toEqual([[false, true], []]);
});

test('a snapshot lists disconnected players, with a reconnect window', () => {
  const { room } = opened();
  const player = new TestPlayer();
  join(room, new TestPlayer());
  join(room, player, KEY).leave(player, false);
  expect(room.snapshot).toEqual({
    name: 'quiz',
    players: [1, 2],
    maxPlayers: 2,
    acceptsPlayers: false,
    disconnected: [2],
  });
  expect(opened(0).room.snapshot).not.toHaveProperty('disconnected');
});

test('every change of the saved state is reported', () => {
  const { room, rooms } = opened();
  const changes = (action: () => void): number => {
    const before = rooms.changes;
    action();
    return rooms.changes - before;
  };
  const player = new TestPlayer();
  expect(changes(() => join(room, player, KEY))).toBe(1);
  // Which connection is the latest is saved, too.
  expect(changes(() => join(room, player, KEY).leave(player, false))).toBe(2);
  expect(changes(() => join(room, player, KEY))).toBe(1);
  expect(changes(() => room.change({ started: true }))).toBe(1);
  expect(changes(() => room.kick(7))).toBe(0);
  expect(changes(() => room.kick(1))).toBe(1);
  expect(changes(() => room.send('everybody', text('hi')))).toBe(0);
});

test('reading from players pauses while their host does not keep up', () => {
  const { room, host, token } = opened();
  const [here, disconnected, late] = [new TestPlayer(), new TestPlayer(), new TestPlayer()];
  join(room, here);
  const seat = join(room, disconnected, KEY);
  seat.leave(disconnected, false);
  room.setHostKeepsUp(new TestHost(), false);
  expect(here.reading).toBe(true);
  room.setHostKeepsUp(host, false);
  join(room, late, KEY);
  expect([here.reading, late.reading]).toEqual([false, false]);
  expect(refusal(room, new TestPlayer())).toBe(CLOSE_REASONS.hostBusy);
  room.resume(new TestHost(), token);
  expect([here.reading, late.reading]).toEqual([true, true]);
});
