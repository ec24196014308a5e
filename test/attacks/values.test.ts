import { describe, expect } from 'vitest';
import { type Host, seatKey, seatOf } from '../support/clients.js';
import type { RawClient } from '../support/raw-client.js';
import { arena } from './arena.js';
import { freshAddress, joinRoom, KIB, MIB, openRoom, outcome, upgrade } from './attackers.js';

const KEYS = ['a', 'b', 'c', 'd'];

/** Together with the others, as much as a room may store. */
const VALUE = Buffer.alloc(60 * KIB);

/** Sets the largest values, and returns how many of them are refused. */
async function fill(host: Host): Promise<number> {
  for (const keep of KEYS) host.command({ cmd: 'to', to: [], keep, data: VALUE });
  return (await host.settled()).filter(({ code }) => code === 'keep_full').length;
}

describe('values', () => {
  const MEMORY = 32 * MIB;
  const attack = arena(['--memory', `${MEMORY}`, '--rooms-per-minute', '0']);

  attack('of 100 rooms take a quarter of the memory at most', async ({ relay }) => {
    const hosts: Host[] = [];
    let refused = 0;
    while (hosts.length < 100) {
      const host = await openRoom(relay);
      refused += await fill(host);
      hosts.push(host);
    }
    const stored = hosts.length * KEYS.length - refused;
    expect(stored).toBeGreaterThan(100);
    expect(stored * VALUE.length).toBeLessThan(MEMORY / 4);
    // Other rooms are not affected, and the memory is free again when these rooms have ended.
    const other = await openRoom(relay);
    await joinRoom(relay, other);
    await Promise.all(hosts.map((host) => host.leave()));
    expect(await fill(other)).toBe(0);
    await other.leave();
  });

  attack('of one room are sent to 1,000 players who do not read', async ({ relay }) => {
    const host = await openRoom(relay, { maxPlayers: 1000 });
    await fill(host);
    const players: RawClient[] = [];
    let from = freshAddress();
    while (players.length < 1000) {
      if (players.length % 200 === 0) from = freshAddress();
      const player = await upgrade(relay, `/${host.code}`, { from });
      player.socket.pause();
      players.push(player);
    }
    // All of them share the values.
    expect((await relay.memory()).inUse).toBeLessThan(2 * MEMORY);
    expect(players.every(({ socket }) => !socket.closed)).toBe(true);
    for (const { socket } of players) socket.destroy();
    await host.leave();
  });

  attack('that change 20,000 times while 200 players are disconnected', async ({ relay }) => {
    const host = await openRoom(relay, { maxPlayers: 200, hold: 300 });
    const from = freshAddress();
    for (let i = 0; i < 200; i++) {
      const { socket } = await upgrade(relay, `/${seatOf(host, seatKey())}`, { from });
      socket.destroy();
      await host.until('player_away');
    }
    for (let i = 0; i < 20_000; i++) {
      host.command({ cmd: 'to_str', to: [], keep: `key ${i % 64}`, data: `${i}` });
    }
    expect((await host.settled()).filter(({ cmd }) => cmd === 'error')).toEqual([]);
    host.command({ cmd: 'stop' });
    await host.closed;
  });
});

describe('bans', () => {
  const attack = arena();

  attack('of 300 addresses in one room leave the latest 256', async ({ relay }) => {
    const host = await openRoom(relay);
    let last = '';
    for (let i = 0; i < 300; i++) {
      last = freshAddress();
      const { id } = await joinRoom(relay, host, { from: last });
      host.command({ cmd: 'kick', player: id, ban: true, reason: 'x'.repeat(100) });
    }
    expect(await outcome(relay, `/${host.code}`, { from: last })).toEqual({
      code: 4003,
      reason: 'kicked',
    });
    await host.leave();
  });
});
