import { describe, expect } from 'vitest';
import type { Host, Player } from '../support/clients.js';
import { type Arena, arena } from './arena.js';
import { eventually, joinRoom, KIB, MIB, openRoom, outcome, upgrade } from './attackers.js';

/** More than the kernel buffers for a connection at both ends. */
const MORE_THAN_KERNEL = 12 * MIB;

/** Message n of this size, different from all others. */
function numbered(n: number, size: number): Buffer {
  const data = Buffer.alloc(size, n & 255);
  data.writeUInt32BE(n);
  return data;
}

/**
 * The host sends these messages to all players, no faster than this reader reads. The reader gets all
 * of them in order and nothing else.
 */
async function broadcast(host: Host, reader: Player, count: number, size: number): Promise<void> {
  const window = Math.floor(MIB / size);
  for (let n = 0; n < count + window; n++) {
    if (n < count) host.command({ cmd: 'to', to: [], data: numbered(n, size) });
    if (n < window) continue;
    const { data } = await reader.next();
    if (!data.equals(numbered(n - window, size))) throw new Error('not the next message');
  }
}

/** A room with a player who reads and one who does not. */
async function partyWithDeaf(relay: Arena['relay']) {
  const host = await openRoom(relay);
  const reader = await joinRoom(relay, host);
  const hostile = await joinRoom(relay, host);
  hostile.socket.pause();
  return { host, reader, hostile };
}

function tooSlow({ relay }: Arena): Promise<number> {
  return relay.metric('lobby_relay_closes_total', 'code="4008"');
}

describe('players', () => {
  const attack = arena(['--stall', '1']);

  attack('a player that never reads is closed when its backlog is too large', async (arena) => {
    const { relay } = arena;
    const before = await tooSlow(arena);
    const { host, reader, hostile } = await partyWithDeaf(relay);
    const count = (16 * MIB + MORE_THAN_KERNEL) / (64 * KIB);
    await broadcast(host, reader, count, 64 * KIB);
    expect((await host.until('player_left')).player).toBe(hostile.id);
    expect(await tooSlow(arena)).toBe(before + 1);
  });

  attack('a player that never reads is closed when its backlog stalls', async (arena) => {
    const { relay } = arena;
    const before = await tooSlow(arena);
    const { host, reader, hostile } = await partyWithDeaf(relay);
    const count = MORE_THAN_KERNEL / (64 * KIB);
    await broadcast(host, reader, count, 64 * KIB);
    expect((await host.until('player_left')).player).toBe(hostile.id);
    expect(await tooSlow(arena)).toBe(before + 1);
  });

  attack('a player that never reads messages of the largest size is closed', async ({ relay }) => {
    const { host, reader, hostile } = await partyWithDeaf(relay);
    await broadcast(host, reader, 4, 15 * MIB);
    expect((await host.until('player_left')).player).toBe(hostile.id);
  });

  attack('a player that never reads 300,000 tiny messages is closed', async ({ relay }) => {
    const { host, reader, hostile } = await partyWithDeaf(relay);
    await broadcast(host, reader, 300_000, 60);
    expect((await host.until('player_left')).player).toBe(hostile.id);
  });

  attack('a closed player gets the reason if it reads again at once', async ({ relay }) => {
    const { host, reader, hostile } = await partyWithDeaf(relay);
    const left = host.until('player_left');
    await broadcast(host, reader, (16 * MIB + MORE_THAN_KERNEL) / (64 * KIB), 64 * KIB);
    await left;
    hostile.socket.resume();
    const { code } = await hostile.closed;
    // The relay waits a second for it to read that far.
    expect([4008, 1006]).toContain(code);
    // The messages that it received were in order, without a gap.
    for (let n = 0; hostile.inbox.rest.length > 0; n++) {
      expect((await hostile.next()).data.equals(numbered(n, 64 * KIB))).toBe(true);
    }
  });

  attack('a reader at 1 KB per second is closed; other readers are not', async (arena) => {
    const { relay } = arena;
    const host = await openRoom(relay);
    const reader = await joinRoom(relay, host);
    const slow = await upgrade(relay, `/${host.code}`);
    const { player } = await host.until('player_joined');
    slow.socket.pause();
    const reading = setInterval(() => slow.socket.read(100), 100);
    const count = (16 * MIB + MORE_THAN_KERNEL) / (64 * KIB);
    await broadcast(host, reader, count, 64 * KIB);
    expect((await host.until('player_left')).player).toBe(player);
    clearInterval(reading);
  });

  attack('100 players that never read, in one room', async (arena) => {
    const { relay } = arena;
    const before = await tooSlow(arena);
    const host = await openRoom(relay, { maxPlayers: 101 });
    const reader = await joinRoom(relay, host);
    for (let left = 100; left > 0; left--) (await joinRoom(relay, host)).socket.pause();
    const count = (16 * MIB + MORE_THAN_KERNEL) / (64 * KIB);
    await broadcast(host, reader, count, 64 * KIB);
    for (let left = 100; left > 0; left--) await host.until('player_left');
    expect(await tooSlow(arena)).toBe(before + 100);
  });

  attack(
    'a host that never reads is closed when it stalls, and its players get the close',
    async (arena) => {
      const { relay } = arena;
      const before = await tooSlow(arena);
      const host = await openRoom(relay);
      const players = [await joinRoom(relay, host), await joinRoom(relay, host)];
      host.socket.pause();
      for (const player of players) {
        for (let n = 0; n < 200; n++) player.send(numbered(n, 64 * KIB));
      }
      for (const player of players) expect(await player.closed).toMatchObject({ code: 4010 });
      expect(await tooSlow(arena)).toBe(before + 1);
    },
  );

  attack('a host that sends commands but does not read is closed', async (arena) => {
    const { relay } = arena;
    const before = await tooSlow(arena);
    const host = await openRoom(relay, { maxPlayers: 200 });
    const players = [];
    while (players.length < 200) players.push(await joinRoom(relay, host));
    host.socket.pause();
    // Each answer lists all players.
    for (let left = 20_000; left > 0; left--) host.command({ cmd: 'start' });
    for (const player of players) expect(await player.closed).toMatchObject({ code: 4010 });
    expect(await tooSlow(arena)).toBe(before + 1);
  });
});

describe('hosts that read again', () => {
  const attack = arena(['--stall', '60', '--player-bytes', '0']);

  attack('a host that does not read pauses its players, and nothing is lost', async (arena) => {
    const { relay } = arena;
    const host = await openRoom(relay, { query: '?bytes=1' });
    const players = [];
    while (players.length < 4) players.push(await joinRoom(relay, host));
    const pausedBefore = await relay.metric('lobby_relay_paused_connections');
    host.socket.pause();
    const count = 500;
    for (const player of players) {
      for (let n = 0; n < count; n++) player.send(numbered(n, 32 * KIB));
    }
    await eventually(
      () => relay.metric('lobby_relay_paused_connections'),
      (paused) => paused === pausedBefore + players.length,
    );
    // Little more than the limit of one host: input that is not read stays with its sender.
    expect(await relay.metric('lobby_relay_backlog_bytes')).toBeLessThan(4 * MIB);
    expect(await outcome(relay, `/${host.code}`)).toMatchObject({ code: 4012 });

    host.socket.resume();
    const next = new Map(players.map(({ id }) => [id, 0]));
    for (let left = players.length * count; left > 0; left--) {
      const { from, data } = await host.until('from');
      const n = next.get(from) ?? -1;
      expect(Buffer.from(data).equals(numbered(n, 32 * KIB))).toBe(true);
      next.set(from, n + 1);
    }
    await joinRoom(relay, host);
  });
});
