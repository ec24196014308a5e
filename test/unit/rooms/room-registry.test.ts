import { expect, test } from 'vitest';
import { CLOSINGS } from '../../../src/protocol/close-codes.js';
import type { RoomCode } from '../../../src/rooms/ids.js';
import { Room } from '../../../src/rooms/room.js';
import { RoomRegistry } from '../../../src/rooms/room-registry.js';
import { Seat } from '../../../src/rooms/seat.js';
import { TestHost, TestPlayer } from '../../support/peers.js';

function open(registry: RoomRegistry): { room: Room; host: TestHost; code: RoomCode } {
  const host = new TestHost();
  const room = registry.open(host);
  if (!(room instanceof Room)) throw new Error(room.reason);
  room.command({ cmd: 'prepare', maxPlayers: 8, name: '' });
  return { room, host, code: room.info?.code as RoomCode };
}

test('a room is found by its code until it ends', () => {
  const registry = new RoomRegistry({ maxPlayers: 8, maxRooms: 10 });
  const { room, code } = open(registry);
  expect(registry.find(code)).toBe(room);
  registry.join(code, new TestPlayer());
  expect([registry.rooms, registry.players]).toEqual([1, 1]);
  room.hostGone();
  expect(registry.find(code)).toBeUndefined();
  expect(registry.join(code, new TestPlayer())).toBe(CLOSINGS.noSuchRoom);
  expect([registry.rooms, registry.players]).toEqual([0, 0]);
});

test('rooms have codes of their own', () => {
  const registry = new RoomRegistry({ maxPlayers: 8, maxRooms: 1000 });
  const codes = new Set(Array.from({ length: 1000 }, () => open(registry).code));
  expect(codes.size).toBe(1000);
});

test('a full relay takes no host; one that came before it was full learns it at prepare', () => {
  const registry = new RoomRegistry({ maxPlayers: 8, maxRooms: 1 });
  const early = new TestHost();
  const earlyRoom = registry.open(early) as Room;
  const { room } = open(registry);
  expect(registry.open(new TestHost())).toBe(CLOSINGS.relayFull);
  earlyRoom.command({ cmd: 'prepare', maxPlayers: 8, name: '' });
  expect(early.news().at(-1)).toBe(CLOSINGS.relayFull);
  room.hostGone();
  expect(registry.open(new TestHost())).toBeInstanceOf(Room);
});

test('ending all closes everybody, hosts without a room among them', () => {
  const registry = new RoomRegistry({ maxPlayers: 8, maxRooms: 10 });
  const unprepared = new TestHost();
  registry.open(unprepared);
  const { host, code } = open(registry);
  const player = new TestPlayer();
  registry.join(code, player);
  registry.endAll(CLOSINGS.restarting);
  const last = [unprepared, host, player].map((peer) => peer.news().at(-1));
  expect(last).toEqual([CLOSINGS.restarting, CLOSINGS.restarting, CLOSINGS.restarting]);
  expect(registry.rooms).toBe(0);
});

test('while it drains there are no new rooms, not even for a host that is there', () => {
  const registry = new RoomRegistry({ maxPlayers: 8, maxRooms: 10 });
  const early = new TestHost();
  const room = registry.open(early) as Room;
  const { code } = open(registry);
  registry.draining = true;
  expect(registry.open(new TestHost())).toBe(CLOSINGS.restarting);
  room.command({ cmd: 'prepare', maxPlayers: 8, name: '' });
  expect(early.news().at(-1)).toBe(CLOSINGS.restarting);
  expect(registry.join(code, new TestPlayer())).toBeInstanceOf(Seat);
});
