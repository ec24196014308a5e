import { expect, test } from 'vitest';
import { Slots } from '../../../src/limits/slots.js';
import { CLOSE_REASONS } from '../../../src/protocol/close-codes.js';
import type { RoomCode } from '../../../src/rooms/ids.js';
import type { Room } from '../../../src/rooms/room.js';
import { Rooms } from '../../../src/rooms/rooms.js';
import type { SeatStatus } from '../../../src/rooms/seat.js';
import { parseSeatKey, type SeatKey } from '../../../src/rooms/seat-key.js';
import { TestHost, TestPlayer } from '../../support/peers.js';
import { join, LIMITS, openRoom } from '../../support/rooms.js';

function registry({ perAddress = 0, total = 1000 }): {
  rooms: Rooms;
  players: Slots;
  hosts: Slots;
} {
  const isExempt = (address: string): boolean => address === '';
  const slots = (): Slots => new Slots({ perAddress, perNetwork: total / 2, total, isExempt });
  const places = { players: slots(), hosts: slots() };
  const limits = { maxHold: 60, keep: 1000, hostBacklog: 1000 };
  return { rooms: new Rooms({ ...LIMITS, ...limits, places }), ...places };
}

function open(
  rooms: Rooms,
  address = '192.0.2.1',
): { room: Room; host: TestHost; code: RoomCode; token: string } {
  const host = new TestHost(address);
  const room = openRoom(host, { maxPlayers: 100, reconnectWindow: 60 }, rooms);
  return { room, host, code: room.identity.code, token: room.resumeToken ?? '' };
}

let keys = 0;

/** Lets a player join and disconnect at once. */
function joinAndDisconnect(
  room: Room,
  address: string,
): { readonly key: SeatKey; readonly status: SeatStatus | undefined } {
  const key = parseSeatKey(`key-${(keys++).toString().padStart(20, '0')}`) as SeatKey;
  const player = new TestPlayer(address);
  join(room, player, key).leave(player, false);
  return { key, status: room.seatWith(key)?.status };
}

test('disconnected players of one address are limited; a further one leaves', () => {
  const { rooms, players } = registry({ perAddress: 2 });
  const { room, host } = open(rooms);
  const disconnected = [1, 2, 3].map(() => joinAndDisconnect(room, '192.0.2.9'));
  expect(host.takeCalls()).toContainEqual({ type: 'playerLeft', player: 3 });
  expect(disconnected.map(({ status }) => status)).toEqual([
    'disconnected',
    'disconnected',
    undefined,
  ]);
  expect(joinAndDisconnect(room, '192.0.2.8').status).toBe('disconnected');
  // A player who reconnects and one who is kicked free their places.
  room.join(new TestPlayer('192.0.2.7'), { key: disconnected[0]?.key });
  room.kick(2);
  expect(players.used).toBe(1);
  const further = [1, 2, 3].map(() => joinAndDisconnect(room, '192.0.2.9').status);
  expect(further).toEqual(['disconnected', 'disconnected', undefined]);
  room.end(CLOSE_REASONS.gameOver);
  expect(players.used).toBe(0);
});

test('disconnected hosts of one address are limited; a further room ends', () => {
  const { rooms, hosts } = registry({ perAddress: 2 });
  const opened = [1, 2, 3].map(() => open(rooms, '192.0.2.9'));
  const player = new TestPlayer('192.0.2.1');
  opened[2]?.room.join(player);
  for (const { room, host } of opened) room.hostGone(host, false);
  expect(opened.map(({ code }) => rooms.find(code) !== undefined)).toEqual([true, true, false]);
  expect(player.calls.at(-1)).toBe(CLOSE_REASONS.hostGone);
  opened[0]?.room.resume(new TestHost('192.0.2.8'), opened[0].token);
  expect(hosts.used).toBe(1);
  opened[1]?.room.end(CLOSE_REASONS.gameOver);
  expect(hosts.used).toBe(0);
});

test('there is a limit in total', () => {
  const { rooms } = registry({ total: 4 });
  const { room } = open(rooms);
  const status = [1, 2, 3, 4, 5].map((n) => joinAndDisconnect(room, `192.0.2.${n}`).status);
  expect(status).toEqual([...Array(4).fill('disconnected'), undefined]);
});

test('restored rooms are exempt from the limit, but count', () => {
  const before = registry({});
  const saved = [1, 2, 3].flatMap(() => open(before.rooms).room.saved ?? []);
  const { rooms, hosts } = registry({ total: 2 });
  rooms.restore(saved);
  expect([rooms.size, hosts.used]).toEqual([3, 3]);
  const { room, host } = open(rooms);
  room.hostGone(host, false);
  expect(rooms.size).toBe(3);
});
