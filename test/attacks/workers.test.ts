import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, onTestFinished, test } from 'vitest';
import { WebSocket } from 'ws';
import { shareOf } from '../../src/rooms/code-share.js';
import type { Host } from '../support/clients.js';
import { upgradeRequest } from '../support/raw-client.js';
import { RelayProcess } from '../support/relay-process.js';
import { type Arena, arena } from './arena.js';
import { eventually, freshAddress, gone, openRoom, openSocket, outcome } from './attackers.js';
import { HealthyRooms } from './healthy-rooms.js';

const WORKERS = 2;
const OPTIONS = ['--workers', `${WORKERS}`, '--misses-per-minute', '10'];

/** The inspector would see the primary only. */
const SETUP = { node: [] };

/** How long one attack may take on a busy machine, in milliseconds. */
const TIMEOUT = 120_000;

/** The number of rooms at the worker that is not attacked. */
const ROOMS = 20;

/** A host at each worker, in their order. */
async function hostOnEach(relay: RelayProcess): Promise<Host[]> {
  const hosts: Host[] = [];
  while (hosts.filter(Boolean).length < WORKERS) {
    const host = await openRoom(relay, { maxPlayers: 10_000 });
    hosts[workerOf(host)] ??= host;
  }
  return hosts;
}

/** A host at the first worker, as soon as it is there. */
async function hostOnFirst(relay: RelayProcess): Promise<Host> {
  for (;;) {
    const host = await openRoom(relay).catch(() => undefined);
    if (host !== undefined && workerOf(host) === 0) return host;
    host?.cut();
  }
}

/** Resolves when the first player has joined. */
async function joinsBegin(host: Host): Promise<void> {
  await Promise.race([host.until('player_joined'), host.closed]);
}

/** The worker with the room of this host, from 0. */
function workerOf({ code }: Host): number {
  return shareOf(code, WORKERS);
}

/** The process ids of the workers. */
function processes({ pid }: RelayProcess): number[] {
  const children = readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8');
  return children.trim().split(' ').filter(Boolean).map(Number);
}

/** How many file descriptors all processes of the relay have. */
function descriptors(relay: RelayProcess): number {
  const pids = [relay.pid, ...processes(relay)];
  return pids.reduce((sum, pid) => sum + readdirSync(`/proc/${pid}/fd`).length, 0);
}

/**
 * A client that asks for a WebSocket and disconnects: at once, after some turns, or when it is answered.
 */
async function hitAndRun(relay: RelayProcess, path: string, turn: number): Promise<void> {
  const socket = await openSocket(relay, { from: freshAddress() });
  const isAnswered = new Promise((resolve) => socket.once('data', resolve));
  socket.write(upgradeRequest(path));
  for (let turns = turn % 8; turns > 0; turns--) await new Promise(setImmediate);
  if (turn % 8 === 7) await Promise.race([isAnswered, gone(socket)]);
  if (turn % 2 === 0) socket.resetAndDestroy();
  else socket.destroy();
}

/** Many of them at a time. */
async function hitAndRunAll(relay: RelayProcess, paths: readonly string[], count: number) {
  for (let done = 0; done < count; done += 100) {
    const clients = Array.from({ length: 100 }, (_, index) => {
      const path = paths[index % paths.length] as string;
      return hitAndRun(relay, path, done + index);
    });
    await Promise.all(clients);
  }
}

/** Nothing is left of the clients of an attack: no socket, no connection that is counted. */
async function isOver({ relay }: Pick<Arena, 'relay'>, before: number): Promise<void> {
  await eventually(
    () => descriptors(relay),
    (now) => now <= before,
  );
}

describe('two workers', () => {
  const attack = arena(OPTIONS, SETUP);

  attack('2,000 joins that are reset at any moment of the hand-over', async ({ relay }) => {
    const hosts = await hostOnEach(relay);
    const before = descriptors(relay);
    const players = await relay.metric('lobby_relay_connections', 'role="player"');
    const paths = [...hosts.map(({ code }) => `/${code}`), '/CREATE', '/ANY?list=none'];
    await hitAndRunAll(relay, paths, 2000);
    await isOver({ relay }, before);
    expect(await relay.metric('lobby_relay_connections', 'role="player"')).toBe(players);
  });

  attack('1,000 wrong codes, passwords and tokens of 20 addresses', async ({ relay }) => {
    const [first, second] = (await hostOnEach(relay)) as [Host, Host];
    const guarded = await openRoom(relay, { features: { password: 'tea' } });
    const before = descriptors(relay);
    const addresses = Array.from({ length: 20 }, freshAddress);
    const tried = Array.from({ length: 1000 }, async (_, index) => {
      const path = [
        `/${guarded.code}?password=${index}`,
        `/CREATE?room=${(index % 3 ? first : second).code}&resume=${index}`,
        `/BB${String.fromCharCode(66 + (index % 7))}${'BCDFGHJKLM'[index % 10]}`,
      ][index % 3] as string;
      return (await outcome(relay, path, { from: addresses[index % 20] as string })).code;
    });
    const codes = await Promise.all(tried);
    // Of each address, ten guesses are answered; a token counts once for each room.
    expect(codes.filter((code) => code === 4011 || code === 4004).length).toBeLessThan(1000);
    const passwords = codes.filter((code) => code === 4011);
    expect(passwords.length).toBeLessThanOrEqual(20 * 10);
    await isOver({ relay }, before);
  });
});

/** A relay with healthy rooms at the second worker only. */
async function withHealthyRooms(): Promise<{ relay: RelayProcess; healthy: HealthyRooms }> {
  const relay = await RelayProcess.start(['--limit-loopback', ...OPTIONS], SETUP);
  onTestFinished(() => relay.stop());
  await hostOnEach(relay);
  const goOn = await stopped(relay);
  const healthy = await HealthyRooms.start({ url: relay.url, rooms: ROOMS, query: '' });
  onTestFinished(() => healthy.stop());
  goOn();
  await eventually(
    () => relay.get('/ready'),
    ({ status }) => status === 200,
  );
  return { relay, healthy };
}

/** Stops the first worker, and waits until the relay knows. Returns a function that lets it go on. */
async function stopped(relay: RelayProcess): Promise<() => void> {
  const [pid = 0] = processes(relay);
  const lines = silences(relay);
  process.kill(pid, 'SIGSTOP');
  await eventually(
    () => silences(relay),
    (now) => now > lines,
  );
  return () => {
    process.kill(pid, 'SIGCONT');
  };
}

function silences({ log }: RelayProcess): number {
  return log.split('does not respond').length;
}

async function isHealthy(healthy: HealthyRooms): Promise<void> {
  const { verified, worst, late, faults } = await healthy.report(ROOMS * 20);
  expect(faults).toEqual([]);
  console.log(
    `verified ${verified}, waited at most ${worst.toFixed(0)} ms, late ${late.toFixed(0)}`,
  );
  // As in the arena: a busy machine must not make tests fail.
  expect(worst - late).toBeLessThan(15_000);
}

describe('rooms of another worker lose nothing', { timeout: TIMEOUT }, () => {
  test('while a worker is stopped and 600 clients want to its rooms', async () => {
    const { relay, healthy } = await withHealthyRooms();
    const hosts = await hostOnEach(relay);
    const before = descriptors(relay);
    const goOn = await stopped(relay);
    healthy.begin();
    const from = Array.from({ length: 3 }, freshAddress);
    const clients = Array.from({ length: 600 }, (_, index) => {
      const path = index % 2 ? '' : '?password=x';
      const options = { localAddress: from[index % 3] as string, handshakeTimeout: 20_000 };
      const socket = new WebSocket(`${relay.url}/${hosts[0]?.code}${path}`, options);
      onTestFinished(() => socket.terminate());
      socket.on('error', () => {});
      return socket;
    });
    // Twice as many per address as it may have, because they may be reconnecting.
    await isHealthy(healthy);
    expect(descriptors(relay)).toBeLessThanOrEqual(before + clients.length);
    expect(await relay.get('/health')).toMatchObject({ status: 200 });
    expect(await relay.get(`/${hosts[1]?.code}`)).toMatchObject({ status: 200 });
    expect(await relay.get(`/${hosts[0]?.code}`)).toMatchObject({ status: 503 });
    expect((await relay.get('/metrics')).body).toContain('lobby_relay_rooms');
    goOn();
    for (const socket of clients) socket.terminate();
    await isOver({ relay }, before);
    expect(relay.faults).toEqual([]);
  });

  test('while a worker is killed again and again, and clients join all the time', async () => {
    const { relay, healthy } = await withHealthyRooms();
    const before = descriptors(relay);
    const [, spared] = processes(relay);
    healthy.begin();
    for (let round = 0; round < 3; round++) {
      const host = await hostOnFirst(relay);
      const joins = hitAndRunAll(relay, [`/${host.code}`, '/CREATE'], 300);
      await joinsBegin(host);
      process.kill(processes(relay).find((pid) => pid !== spared) ?? 0, 'SIGKILL');
      await joins;
      await eventually(
        () => processes(relay).length,
        (count) => count === WORKERS,
      );
    }
    await isHealthy(healthy);
    await isOver({ relay }, before);
  });
});
