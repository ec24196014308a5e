import { describe, expect } from 'vitest';
import type { Closed, Host, Player } from '../support/clients.js';
import { hex } from '../support/hex.js';
import { frame, OPCODE, type RawClient, upgradeRequest } from '../support/raw-client.js';
import type { RelayProcess } from '../support/relay-process.js';
import { arena, HEALTHY_ROOMS } from './arena.js';
import {
  eventually,
  freshAddress,
  get,
  gone,
  joinRoom,
  openRoom,
  openSocket,
  outcome,
  upgrade,
} from './attackers.js';

/**
 * Wrong codes, all different. They begin with a vowel, which no valid code has: otherwise a guess
 * could join one of the healthy rooms.
 */
function* guesses(): Generator<string> {
  const letters = 'BCDFGHJKLMNPQRSTVWXZ';
  for (const a of letters) for (const b of letters) for (const c of letters) yield `/A${a}${b}${c}`;
}

/** How often each close code was seen. */
function tally(outcomes: readonly Closed[]): Record<number, number> {
  const codes: Record<number, number> = {};
  for (const { code } of outcomes) codes[code] = (codes[code] ?? 0) + 1;
  return codes;
}

async function inBatches<T>(count: number, size: number, make: () => Promise<T>): Promise<T[]> {
  const made: T[] = [];
  while (made.length < count) {
    const batch = Math.min(size, count - made.length);
    made.push(...(await Promise.all(Array.from({ length: batch }, make))));
  }
  return made;
}

/** Players of one room, all from one address. */
function crowd(relay: RelayProcess, host: Host, count: number): Promise<RawClient[]> {
  const from = freshAddress();
  return inBatches(count, 50, () => upgrade(relay, `/${host.code}`, { from }));
}

describe('messages', () => {
  const attack = arena(['--player-messages', '8000']);

  attack('a player that sends 100,000 messages at once is slowed down', async ({ relay }) => {
    const host = await openRoom(relay, { query: '?bytes=1' });
    const player = await joinRoom(relay, host);
    const start = performance.now();
    for (let n = 0; n < 100_000; n++) player.send(message(n));
    for (let n = 0; n < 100_000; n++) {
      const { data } = await host.until('from_str');
      if (data !== message(n)) throw new Error(`expected message ${n}, got ${data}`);
    }
    // The limit allows bursts of 80,000, then 8,000 per second, and may be overdrawn once.
    expect(performance.now() - start).toBeGreaterThan(2000);
  });

  attack('eight players that send as fast as they can', async ({ relay }) => {
    const host = await openRoom(relay, { query: '?bytes=1' });
    const players: Player[] = [];
    while (players.length < 8) players.push(await joinRoom(relay, host));
    for (const player of players) {
      for (let n = 0; n < 20_000; n++) player.send(message(n));
    }
    const next: number[] = [];
    for (let left = 8 * 20_000; left > 0; left--) {
      const { from, data } = await host.until('from_str');
      const n = next[from] ?? 0;
      if (data !== message(n)) throw new Error(`expected message ${n}, got ${data}`);
      next[from] = n + 1;
    }
  });

  attack(
    'a host that sends 1,000 invalid commands gets 20 answers, and the game continues',
    async (arena) => {
      const { relay } = arena;
      const host = await openRoom(relay);
      const player = await joinRoom(relay, host);
      const start = performance.now();
      for (let n = 0; n < 1000; n++) host.command({ cmd: 'to', to: [], data: `bug ${n}` });
      host.command({ cmd: 'to_str', to: [], data: 'the party goes on' });
      expect(await player.nextText()).toBe('the party goes on');
      const errors = (await host.settled()).filter(({ cmd }) => cmd === 'error');
      // Two per second are refilled.
      const refilled = ((performance.now() - start) / 1000) * 2;
      expect(errors.length).toBeGreaterThanOrEqual(20);
      expect(errors.length).toBeLessThanOrEqual(21 + refilled);
    },
  );

  attack('a host that sends 100,000 tiny invalid commands', async ({ relay }) => {
    const host = await openRoom(relay);
    const player = await joinRoom(relay, host);
    const bad = frame(OPCODE.binary, hex('a0'));
    await raw(host, Buffer.alloc(100_000 * bad.length, bad));
    host.command({ cmd: 'to_str', to: [], data: 'the party goes on' });
    expect(await player.nextText()).toBe('the party goes on');
  });

  attack('a host that sends 20,000 tiny messages to 250 players', async ({ relay }) => {
    const host = await openRoom(relay, { maxPlayers: 250 });
    const players = await crowd(relay, host, 250);
    const received = players.map(({ socket }) => receivesBytes(socket, 20_000 * 3));
    const tiny = frame(OPCODE.binary, hex('a3 "cmd" "to" "to" 80 "data" 4101'));
    await raw(host, Buffer.alloc(20_000 * tiny.length, tiny));
    await Promise.all(received);
  });

  attack('a host that asks for the state of 250 players 5,000 times', async ({ relay }) => {
    const host = await openRoom(relay, { maxPlayers: 250 });
    await crowd(relay, host, 250);
    const start = frame(OPCODE.binary, hex('a1 "cmd" "open"'));
    await raw(host, Buffer.alloc(5000 * start.length, start));
    host.command({ cmd: 'start' });
    while ((await host.until('state')).accept_conns) {}
  });

  attack('a host that sends 200 messages of 8 KiB to 250 players', async ({ relay }) => {
    const host = await openRoom(relay, { maxPlayers: 250 });
    const players = await crowd(relay, host, 250);
    const received = players.map(({ socket }) => receivesBytes(socket, 200 * 8196));
    const data = Buffer.alloc(8192);
    for (let left = 200; left > 0; left--) host.command({ cmd: 'to', to: [], data });
    await Promise.all(received);
  });
});

function message(n: number): string {
  return `message ${n}`.padEnd(100);
}

/** Sends prepared frames, without the client's encoder. */
function raw(host: Host, frames: Buffer): Promise<void> {
  const { _socket: socket } = host.socket as unknown as { _socket: RawClient['socket'] };
  return new Promise((resolve) => socket.write(frames, () => resolve()));
}

/** Counts received messages, and stores nothing. */
function receivesBytes(socket: RawClient['socket'], count: number): Promise<void> {
  socket.removeAllListeners('data');
  let received = 0;
  return new Promise((resolve) => {
    socket.on('data', ({ length }) => {
      received += length;
      if (received >= count) resolve();
    });
  });
}

describe('codes and rooms', () => {
  const attack = arena();

  attack('a scan of codes is refused after 60 wrong ones, even for a valid code', async (arena) => {
    const { relay } = arena;
    const host = await openRoom(relay);
    const from = freshAddress();
    const codes = guesses();
    const start = performance.now();
    const next = () => outcome(relay, codes.next().value as string, { from });
    const { 4004: misses = 0, 4029: refused = 0 } = tally(await inBatches(150, 25, next));
    const refilled = (performance.now() - start) / 1000;
    expect(misses + refused).toBe(150);
    expect(misses).toBeGreaterThanOrEqual(60);
    expect(misses).toBeLessThanOrEqual(61 + refilled);

    // Other addresses are not delayed.
    await joinRoom(relay, host);
    await keptOut(relay, host, from, codes);
    await eventually(
      () => get(relay, `/${host.code}`, { from }),
      (status) => status === 200,
    );
  });

  attack('a scan by GET counts as well', async ({ relay }) => {
    const host = await openRoom(relay);
    const from = freshAddress();
    const codes = guesses();
    const statuses = await inBatches(150, 25, () =>
      get(relay, codes.next().value as string, { from }),
    );
    expect(statuses.filter((status) => status === 404).length).toBeGreaterThanOrEqual(60);
    expect(statuses.filter((status) => status === 429).length).toBeGreaterThanOrEqual(80);
    await keptOut(relay, host, from, codes);
  });

  attack('the same wrong code 200 times counts once', async ({ relay }) => {
    const host = await openRoom(relay);
    const from = freshAddress();
    const outcomes = await inBatches(200, 25, () => outcome(relay, '/AAAA', { from }));
    expect(tally(outcomes)).toEqual({ 4004: 200 });
    await joinRoom(relay, host, { from });
  });

  attack('one address opens at most 30 rooms', async ({ relay }) => {
    const from = freshAddress();
    const start = performance.now();
    const hosts = [];
    let refused = 0;
    for (let tries = 0; tries < 60; tries++) {
      const client = await upgrade(relay, '/CREATE', { from });
      const first = await client.until((bytes) => bytes.length >= 4);
      if (first[0] !== 0x88) hosts.push(client);
      else if (first.readUInt16BE(2) === 4029) refused++;
      if (first[0] === 0x88) client.socket.destroy();
    }
    const refilled = (performance.now() - start) / 2000;
    expect(hosts.length + refused).toBe(60);
    expect(hosts.length).toBeGreaterThanOrEqual(30);
    expect(hosts.length).toBeLessThanOrEqual(31 + refilled);
    for (const { socket } of hosts) socket.destroy();
    await openRoom(relay);
  });

  attack('players that join and leave, 2,000 times', async ({ relay }) => {
    const host = await openRoom(relay);
    const from = freshAddress();
    const comeAndGo = async () => {
      const player = await upgrade(relay, `/${host.code}`, { from });
      player.socket.resetAndDestroy();
    };
    await inBatches(2000, 8, comeAndGo);
    for (let left = 1; left <= 100; left++) await host.until('player_left');
  });

  attack('rooms that open and end, 1,000 times', async ({ relay }) => {
    for (let address = 0; address < 40; address++) {
      const from = freshAddress();
      await inBatches(25, 25, async () => {
        const host = await openRoom(relay, { from });
        host.cut();
      });
    }
    await eventually(
      () => relay.metric('lobby_relay_rooms'),
      (rooms) => rooms === HEALTHY_ROOMS,
    );
  });
});

/**
 * Tries wrong codes until none is allowed any more: then the right code is refused, too. One miss is
 * refilled per second; if that happens in between, both attempts are repeated.
 */
async function keptOut(
  relay: RelayProcess,
  host: Host,
  from: string,
  codes: Iterator<string>,
): Promise<void> {
  const tried = async (): Promise<number | 'let in'> => {
    await eventually(
      () => get(relay, codes.next().value, { from }),
      (status) => status === 429,
    );
    const refused = outcome(relay, `/${host.code}`, { from }).then(({ code }) => code);
    return Promise.race([refused, host.until('player_joined').then(() => 'let in' as const)]);
  };
  await eventually(tried, (how) => how === 4029);
}

describe('connections', () => {
  const attack = arena(['--connections-per-address', '64', '--max-connections', '500']);

  attack(
    'one address gets 64 connections, further ones are closed with 1013',
    async ({ relay }) => {
      const host = await openRoom(relay, { maxPlayers: 500 });
      const from = freshAddress();
      const path = `/${host.code}`;
      const players = await inBatches(64, 16, () => upgrade(relay, path, { from }));
      expect(tally(await inBatches(100, 10, () => outcome(relay, path, { from })))).toEqual({
        1013: 100,
      });
      await joinRoom(relay, host);
      // After one disconnects, another one may connect.
      players[0]?.socket.destroy();
      await host.until('player_left');
      await joinRoom(relay, host, { from });
    },
  );

  attack('at most 64 refused connections stay open, for a short time', async (arena) => {
    const { relay } = arena;
    const host = await openRoom(relay, { maxPlayers: 500 });
    const from = freshAddress();
    const path = `/${host.code}`;
    await inBatches(64, 16, () => upgrade(relay, path, { from }));
    const refused = await Promise.all(Array.from({ length: 200 }, () => knock(relay, path, from)));
    expect(refused.filter(({ received }) => received).length).toBe(64);
    await Promise.all(refused.map(({ closed }) => closed));
  });

  attack('connections from many addresses are limited in total', async ({ relay }) => {
    const host = await openRoom(relay, { maxPlayers: 500 });
    const path = `/${host.code}`;
    const clients: RawClient[] = [];
    for (let address = 0; address < 50; address++) {
      const from = freshAddress();
      clients.push(...(await inBatches(10, 10, () => upgrade(relay, path, { from }))));
    }
    // Refused connections use the spare sockets until they are closed.
    for (const client of clients) if (client.received[0] === 0x88) client.socket.destroy();
    await eventually(
      () => relay.metric('lobby_relay_connections'),
      (count) => count === 500,
    );
    expect(await eventually(() => outcome(relay, path), said)).toMatchObject({ code: 1013 });
    expect(await outcome(relay, '/CREATE')).toMatchObject({ code: 1013 });
    for (const { socket } of clients) socket.destroy();
    await eventually(
      () => relay.metric('lobby_relay_connections'),
      (count) => count < 250,
    );
    await joinRoom(relay, host);
  });
});

/** Whether it got a close reason. */
function said({ code }: Closed): boolean {
  return code !== 1006;
}

/**
 * Requests a WebSocket and does nothing more. Returns whether it got an answer before it was
 * closed.
 */
async function knock(
  relay: RelayProcess,
  path: string,
  from: string,
): Promise<{ received: boolean; closed: Promise<unknown> }> {
  const socket = await openSocket(relay, { from });
  const closed = gone(socket);
  socket.write(upgradeRequest(path));
  const received = await Promise.race([
    new Promise<boolean>((resolve) => socket.once('data', () => resolve(true))),
    closed.then(() => false),
  ]);
  return { received, closed };
}
