import { expect, test } from 'vitest';
import { fleetOf, players, settle } from '../../support/fleet.js';

/** A server that is about to open a room for four, and the first player, who waits for it. */
async function withRoom() {
  const parts = fleetOf({ ready: 'room', players: 4, maxServers: 1, ports: undefined });
  const [player] = await players(parts.fleet, 1);
  parts.launcher.at(0).runWithoutPort();
  const server = parts.fleet.servers.find(parts.launcher.at(0).spec.id);
  const room = { code: 'BCDF', players: 0, freePlaces: 3, ends: 0, end: () => room.ends++ };
  return { ...parts, player, server, room };
}

test('players get the code when the server has opened its room', async () => {
  const { player, server, room } = await withRoom();
  server?.reportReady({ ip: '203.0.113.7', port: 1, certDigest: undefined });
  await settle();
  expect(player?.place).toBeUndefined();
  server?.openedRoom(room);
  await settle();
  expect(player?.place).toEqual({ is: 'room', code: 'BCDF' });
});

test('players who join claim the oldest seats, and those who leave end sessions', async () => {
  const { fleet, player, server, room, timers } = await withRoom();
  server?.openedRoom(room);
  await settle();
  Object.assign(room, { players: 1, freePlaces: 2 });
  server?.changedRoom();
  timers.pass(10_000);
  expect(fleet.sessions.has(player?.session ?? '')).toBe(true);
  Object.assign(room, { players: 0, freePlaces: 3 });
  server?.changedRoom();
  expect(fleet.sessions.size).toBe(0);
});

test('players who join with the code alone take seats, too', async () => {
  const { fleet, launcher, server, room, timers } = await withRoom();
  server?.openedRoom(room);
  await settle();
  Object.assign(room, { players: 3, freePlaces: 0 });
  server?.changedRoom();
  const [late] = await players(fleet, 1);
  expect(late?.error?.status).toBe(409);
  Object.assign(room, { players: 0, freePlaces: 3 });
  server?.changedRoom();
  timers.pass(600);
  expect(launcher.at(0).stops).toBe(1);
});

test('a room that accepts no players gets no more players', async () => {
  const { fleet, server, room } = await withRoom();
  server?.openedRoom(room);
  Object.assign(room, { freePlaces: 0 });
  server?.changedRoom();
  const [late] = await players(fleet, 1);
  expect(late?.error?.status).toBe(409);
});

test('places of the room are reserved for players who have got its code', async () => {
  const { fleet, server, room } = await withRoom();
  server?.openedRoom(room);
  const all = await players(fleet, 3);
  expect(all.map(({ error }) => error?.status)).toEqual([undefined, undefined, 409]);
});

test('when the room ends, the server is stopped', async () => {
  const { launcher, server, room } = await withRoom();
  server?.openedRoom(room);
  server?.endedRoom();
  expect(launcher.at(0).stops).toBe(1);
});

test('when the server dies, its room ends after its last messages', async () => {
  const { launcher, server, room, timers } = await withRoom();
  server?.openedRoom(room);
  launcher.at(0).end('killed');
  timers.pass(0.9);
  expect(room.ends).toBe(0);
  timers.pass(0.1);
  expect(room.ends).toBe(1);
});

test('a room that has ended is not ended again', async () => {
  const { server, room, timers } = await withRoom();
  server?.openedRoom(room);
  server?.endedRoom();
  await settle();
  timers.pass(10);
  expect(room.ends).toBe(0);
  expect(timers.running).toBe(0);
});

test('a fleet that drains refuses players whose server has not opened its room', async () => {
  const { fleet, player } = await withRoom();
  fleet.drain();
  expect(player?.events.at(-1)).toBe('503 this relay is about to stop');
  expect(fleet.sessions.size).toBe(0);
});

test('a fleet ends the rooms of its servers', async () => {
  const { fleet, server, room } = await withRoom();
  fleet.endRooms();
  server?.openedRoom(room);
  fleet.endRooms();
  expect(room.ends).toBe(1);
});
