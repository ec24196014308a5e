import { describe, expect, test } from 'vitest';
import { LaunchError } from '../../../src/launch/matchmaker.js';
import { FakeLauncher } from '../../support/fake-launcher.js';
import {
  fleetOf,
  gameConfig,
  LITTLE_ENDIAN_TOKEN,
  players,
  settle,
  TestPlayer,
  testFleet,
} from '../../support/fleet.js';
import { TestTimers } from '../../support/test-timers.js';

const CLOSED = '503 this relay is about to stop';

/** A fleet with one player, whose server runs. */
async function withPlayer(changes = {}) {
  const parts = fleetOf(changes);
  const player = new TestPlayer(parts.fleet);
  await settle();
  parts.launcher.at(0).run();
  await settle();
  return { ...parts, player };
}

describe('a request', () => {
  test('reports the session, progress and the place to the player', async () => {
    const { fleet, launcher } = fleetOf();
    const player = new TestPlayer(fleet);
    expect(player.events).toEqual([]);
    await settle();
    launcher.at(0).progress('Deploying');
    launcher.at(0).run();
    await settle();
    expect(player.events).toEqual(['accepted', 'Starting', 'Deploying', 'Ready', 'ready']);
    expect(player.session).toMatch(/^[0-9a-f]{16}-[0-9a-f]{24}$/);
    const place = { is: 'server', ip: '203.0.113.7', port: 30_000, certDigest: '' };
    expect(player.place).toEqual({ ...place, token: undefined });
  });

  test.each([
    ['127.0.0.1', '192.0.2.77'],
    ['::1', '192.0.2.77'],
    ['198.51.100.9', '198.51.100.9'],
  ])('from a player at %s has the address %s for launchers', async (clientAddress, expected) => {
    const { fleet, launcher } = fleetOf();
    const mayStart = () => undefined;
    const request = { game: 'g', version: '1', clientAddress, party: undefined, mayStart };
    fleet.requestPlace(request, { accepted() {}, progress() {}, ready() {}, failed() {} });
    await settle();
    expect(launcher.at(0).spec.clientAddress).toBe(expected);
  });

  test('truncates the status of a launcher to 100 characters', async () => {
    const { fleet, launcher } = fleetOf();
    const player = new TestPlayer(fleet);
    await settle();
    launcher.at(0).progress('x'.repeat(1000));
    expect(player.events.at(-1)).toBe('x'.repeat(100));
  });

  test('finds games by name and version, by name, and by default', () => {
    const games = [
      gameConfig(),
      gameConfig({ version: '2' }),
      gameConfig({ name: 'r', ready: 'room' }),
    ];
    const { fleet } = testFleet(games, new FakeLauncher(), { timers: new TestTimers() });
    expect(fleet.find('g', '2')).toEqual({ game: 'g', version: '2', place: 'server' });
    expect(fleet.find('g', undefined)).toEqual({ game: 'g', version: '1', place: 'server' });
    expect(fleet.find(undefined, undefined)?.game).toBe('g');
    expect(fleet.find('r', '1')?.place).toBe('room');
    expect(fleet.find('g', '3')).toBeUndefined();
    expect(fleet.find('h', undefined)).toBeUndefined();
    expect(fleet.find('__proto__', undefined)).toBeUndefined();
  });

  test('gets a place with a token for its address', async () => {
    const { player } = await withPlayer({ token: LITTLE_ENDIAN_TOKEN });
    const token = player.place?.is === 'server' ? player.place.token : undefined;
    expect(token).toHaveLength(2048);
  });

  test('gets an IPv6 address without brackets', async () => {
    const { fleet, launcher } = fleetOf();
    const player = new TestPlayer(fleet);
    await settle();
    launcher.at(0).run({ ip: '2001:db8::7' });
    await settle();
    expect(player.place).toMatchObject({ ip: '2001:db8::7' });
  });
});

describe('the choice of a server (case 8)', () => {
  test('the first six players share one server, and the seventh gets another', async () => {
    const { fleet, launcher } = fleetOf();
    const all = await players(fleet, 7);
    expect(launcher.servers).toHaveLength(2);
    for (const server of launcher.servers) server.run();
    await settle();
    expect(all.map(({ port }) => port)).toEqual([...Array(6).fill(30_000), 30_001]);
  });

  test('a player for whom no server may be started can still get a seat on a running one', async () => {
    const { fleet, launcher } = fleetOf({ players: 1 });
    const [first] = await players(fleet, 1);
    launcher.at(0).run();
    const second = new TestPlayer(fleet);
    second.refusal = new LaunchError(429, 'too many attempts');
    await settle();
    expect(second.events).toEqual(['429 too many attempts']);
    expect(launcher.servers).toHaveLength(1);
    fleet.sessionReleased(first?.session ?? '');
    const third = new TestPlayer(fleet);
    third.refusal = second.refusal;
    await settle();
    expect(third.port).toBe(30_000);
  });

  test('a player gets an error 409 if all seats are taken', async () => {
    const { fleet, launcher } = fleetOf({ players: 1 });
    const [, , third] = await players(fleet, 3);
    expect(launcher.servers).toHaveLength(2);
    expect(third?.events).toEqual(['409 all game servers are full']);
  });

  test('a server that is ending counts until it has ended', async () => {
    const { fleet, launcher, timers } = fleetOf({ maxServers: 1 });
    launcher.endsAtOnce = false;
    await players(fleet, 1);
    timers.pass(60);
    const [early] = await players(fleet, 1);
    expect(early?.error?.status).toBe(409);
    expect(fleet.counts[0]?.servers).toEqual({ starting: 0, ready: 0, stopping: 1 });
    launcher.at(0).end();
    const [late] = await players(fleet, 1);
    expect(late?.events).toEqual(['accepted', 'Starting']);
  });

  test('a ready server is preferred to a starting one, even to a fuller one', async () => {
    const { fleet, launcher } = fleetOf({ players: 3 });
    const all = await players(fleet, 5);
    launcher.at(0).run();
    await settle();
    fleet.sessionReleased(all[0]?.session ?? '');
    fleet.sessionReleased(all[1]?.session ?? '');
    const [late] = await players(fleet, 1);
    expect(late?.port).toBe(30_000);
  });

  test('of two ready servers, the fuller one is chosen', async () => {
    const { fleet, launcher } = fleetOf({ players: 3 });
    const all = await players(fleet, 5);
    for (const server of launcher.servers) server.run();
    await settle();
    for (const { session } of all.slice(0, 2)) fleet.sessionReleased(session);
    const [late] = await players(fleet, 1);
    expect(late?.port).toBe(30_001);
  });

  test('a player gets an error 409 if no port is free', async () => {
    const { fleet } = fleetOf({ players: 1, ports: { first: 30_000, last: 30_000 } });
    const [, second] = await players(fleet, 2);
    expect(second?.error?.status).toBe(409);
  });
});

describe('servers that fail (case 7)', () => {
  test('one that ends before it is ready causes an error 500 at once', async () => {
    const { fleet, launcher, observer } = fleetOf();
    const all = await players(fleet, 2);
    launcher.at(0).end('exited with 1');
    expect(all.map(({ error }) => error?.status)).toEqual([500, 500]);
    expect(all[0]?.error?.message).not.toContain('exited');
    expect(observer.lines).toEqual(['g/1 starting', 'unready after 0 s: exited with 1']);
  });

  test("players get a launcher's own error", async () => {
    const { fleet, launcher } = fleetOf();
    const [player] = await players(fleet, 1);
    launcher.at(0).end('refused', new LaunchError(400, 'no such app'));
    expect(player?.events.at(-1)).toBe('400 no such app');
  });

  test('one that is not ready in time causes an error 408, and is stopped', async () => {
    const { fleet, launcher, timers, observer } = fleetOf();
    const [player] = await players(fleet, 1);
    timers.pass(59.9);
    expect(launcher.at(0).stops).toBe(0);
    timers.pass(0.1);
    expect(player?.events.at(-1)).toBe('408 session still not ready, timed out.');
    expect(launcher.at(0).stops).toBe(1);
    await settle();
    expect(observer.lines.at(-1)).toBe('stopped after 60 s: not ready in time');
  });

  test('a launcher that throws causes an error 500 for its player', async () => {
    const { fleet, launcher, observer } = fleetOf();
    launcher.start = () => {
      throw new Error('a bug');
    };
    const [player] = await players(fleet, 1);
    expect(player?.error?.status).toBe(500);
    expect(observer.faults).toHaveLength(1);
    expect(fleet.counts[0]?.servers.starting).toBe(0);
  });

  test('one without a usable address is stopped', async () => {
    const { fleet, launcher } = fleetOf();
    const [player] = await players(fleet, 1);
    launcher.at(0).run({ ip: 'host.example' });
    expect(player?.error?.status).toBe(502);
    expect(launcher.at(0).stops).toBe(1);
  });

  test('when a server crashes, its sessions end, and the next request starts another server (case 10)', async () => {
    const { fleet, launcher, player, observer } = await withPlayer();
    fleet.sessionClaimed(player.session);
    launcher.at(0).end('killed');
    expect(fleet.sessions.size).toBe(0);
    expect(observer.lines.at(-1)).toBe('crashed after 0 s: killed');
    const [next] = await players(fleet, 1);
    launcher.at(1).run();
    await settle();
    expect(next?.port).toBe(30_001);
  });
});

describe('leaving', () => {
  test('a player who leaves while waiting frees the seat, and the server keeps running (case 10)', async () => {
    const { fleet, launcher } = fleetOf({ players: 2, maxServers: 1 });
    const [first, second] = await players(fleet, 2);
    first?.request.cancel();
    const [third] = await players(fleet, 1);
    expect(launcher.at(0).stops).toBe(0);
    launcher.at(0).run();
    await settle();
    expect([second?.port, third?.port]).toEqual([30_000, 30_000]);
    expect(first?.events).toEqual(['accepted', 'Starting']);
    expect(fleet.results.get('left')).toBe(1);
  });

  test('a player who leaves at once gets no events', async () => {
    const { fleet, launcher } = fleetOf();
    const player = new TestPlayer(fleet);
    player.request.cancel();
    player.request.cancel();
    await settle();
    expect(player.events).toEqual([]);
    expect(launcher.servers).toEqual([]);
    expect(fleet.results.get('left')).toBe(1);
  });

  test('leaving after the answer has no effect', async () => {
    const { fleet, player } = await withPlayer();
    player.request.cancel();
    expect(fleet.sessions.size).toBe(1);
    expect(fleet.results.get('left')).toBe(0);
  });
});

describe('seats (case 9)', () => {
  test('one that is not claimed in time is freed', async () => {
    const { fleet, player, timers } = await withPlayer();
    timers.pass(31.9);
    expect(fleet.sessions.has(player.session)).toBe(true);
    timers.pass(0.1);
    expect(fleet.sessions.size).toBe(0);
  });

  test('one that is claimed stays until the player has left', async () => {
    const { fleet, player, timers } = await withPlayer();
    fleet.sessionClaimed(player.session);
    timers.pass(10_000);
    expect(fleet.sessions.size).toBe(1);
    fleet.sessionReleased(player.session);
    fleet.sessionReleased(player.session);
    expect(fleet.sessions.size).toBe(0);
  });

  test('a server claims a seat by the id in the token, or by the session', async () => {
    const { fleet, launcher, player } = await withPlayer();
    const server = fleet.servers.find(launcher.at(0).spec.id);
    const client = fleet.sessions.get(player.session)?.client;
    expect(server?.claim('7')).toBe(false);
    expect(server?.claim(`${client}`)).toBe(true);
    expect(server?.claim(player.session)).toBe(true);
    server?.leave('7');
    expect(fleet.sessions.size).toBe(1);
    server?.leave(`${client}`);
    expect(fleet.sessions.size).toBe(0);
    expect(server?.claim(`${client}`)).toBe(false);
  });

  test('an empty server is stopped after `emptyTime`, and not before', async () => {
    const { fleet, launcher, player, timers, observer } = await withPlayer();
    fleet.sessionClaimed(player.session);
    timers.pass(10_000);
    fleet.sessionReleased(player.session);
    timers.pass(599.9);
    expect(launcher.at(0).stops).toBe(0);
    timers.pass(0.1);
    expect(launcher.at(0).stops).toBe(1);
    await settle();
    expect(observer.lines.at(-1)).toMatch(/^stopped after 10600 s: no players$/);
    expect(timers.running).toBe(0);
  });

  test('a player who joins in time keeps the server running', async () => {
    const { fleet, launcher, player, timers } = await withPlayer();
    fleet.sessionClaimed(player.session);
    fleet.sessionReleased(player.session);
    timers.pass(599);
    const [next] = await players(fleet, 1);
    fleet.sessionClaimed(next?.session ?? '');
    timers.pass(10_000);
    expect(launcher.at(0).stops).toBe(0);
    expect(launcher.servers).toHaveLength(1);
  });
});

describe('the report that a server is ready', () => {
  test('is sent by the server, for a game with `http`', async () => {
    const { fleet, launcher } = fleetOf({ ready: 'http' });
    const [player] = await players(fleet, 1);
    launcher.at(0).run();
    await settle();
    expect(player?.place).toBeUndefined();
    const server = fleet.servers.find(launcher.at(0).spec.id);
    server?.reportReady({ ip: undefined, port: 31_000, certDigest: 'aa:bb' });
    server?.reportReady({ ip: undefined, port: 31_001, certDigest: 'aa:bb' });
    await settle();
    const place = { is: 'server', ip: '203.0.113.7', port: 31_000, certDigest: 'aa:bb' };
    expect(player?.place).toEqual({ ...place, token: undefined });
  });

  test('may arrive before the address from the launcher', async () => {
    const { fleet, launcher } = fleetOf({ ready: 'http' });
    const [player] = await players(fleet, 1);
    const server = fleet.servers.find(launcher.at(0).spec.id);
    server?.reportReady({ ip: undefined, port: undefined, certDigest: undefined });
    await settle();
    expect(player?.place).toBeUndefined();
    launcher.at(0).run();
    await settle();
    expect(player?.port).toBe(30_000);
  });

  test('is ignored if the server has ended, which is not found any more', async () => {
    const { fleet, launcher } = await withPlayer();
    const server = fleet.servers.find(launcher.at(0).spec.id);
    launcher.at(0).end();
    expect(fleet.servers.find(launcher.at(0).spec.id)).toBeUndefined();
    server?.reportReady({ ip: '203.0.113.7', port: 1, certDigest: undefined });
    expect(fleet.counts[0]?.servers.ready).toBe(0);
  });

  test('may be followed by a request of the server for its end', async () => {
    const { fleet, launcher, observer } = await withPlayer();
    fleet.servers.find(launcher.at(0).spec.id)?.requestEnd();
    expect(launcher.at(0).stops).toBe(1);
    await settle();
    expect(observer.lines.at(-1)).toBe('stopped after 0 s: it asked to be ended');
  });
});

describe('shutting down', () => {
  test('a fleet that drains refuses requests, and running games are not affected', async () => {
    const { fleet, launcher, player } = await withPlayer();
    fleet.drain();
    const [late] = await players(fleet, 1);
    expect(late?.events).toEqual([CLOSED]);
    expect(launcher.at(0).stops).toBe(0);
    expect(fleet.sessions.has(player.session)).toBe(true);
  });

  test('whenEmpty resolves when the last session has ended, or after its time', async () => {
    const { fleet, player, timers } = await withPlayer();
    const inTime = fleet.whenEmpty(60_000);
    fleet.sessionReleased(player.session);
    await inTime;
    await fleet.whenEmpty(60_000);
    await players(fleet, 1);
    const late = fleet.whenEmpty(1000);
    timers.pass(1);
    await late;
    expect(fleet.sessions.size).toBe(1);
  });

  test('close ends requests and servers, and then resolves', async () => {
    const { fleet, launcher, timers } = fleetOf({ players: 1 });
    const first = new TestPlayer(fleet);
    const waiting = new TestPlayer(fleet, { ticket: 't', size: 1 });
    await settle();
    launcher.at(0).run();
    await settle();
    await fleet.close();
    await fleet.close();
    expect(first.place).toBeDefined();
    expect(waiting.events.at(-1)).toBe(CLOSED);
    expect(launcher.servers.map(({ stops }) => stops)).toEqual([1, 1]);
    expect(timers.running).toBe(0);
    expect(fleet.sessions.size).toBe(0);
  });

  test('close does not wait longer than its limit for a server', async () => {
    const { fleet, launcher, timers } = fleetOf();
    launcher.endsAtOnce = false;
    await players(fleet, 1);
    const closed = fleet.close();
    timers.pass(15);
    await closed;
    expect(fleet.counts[0]?.servers.stopping).toBe(1);
  });
});

test('requests are counted by result, servers and sessions by state', async () => {
  const { fleet, launcher } = fleetOf({ players: 1 });
  const [first] = await players(fleet, 3);
  launcher.at(0).run();
  await settle();
  fleet.sessionClaimed(first?.session ?? '');
  expect(fleet.counts).toEqual([
    {
      game: 'g/1',
      servers: { starting: 1, ready: 1, stopping: 0 },
      sessions: { waiting: 1, reserved: 0, claimed: 1 },
    },
  ]);
  expect(Object.fromEntries(fleet.results)).toMatchObject({ ready: 1, left: 0, '409': 1 });
});
