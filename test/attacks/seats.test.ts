import { describe, expect, onTestFinished } from 'vitest';
import { type Host, Player, seatKey, seatOf } from '../support/clients.js';
import type { RawClient } from '../support/raw-client.js';
import type { RelayProcess } from '../support/relay-process.js';
import { arena } from './arena.js';
import { eventually, freshAddress, get, KIB, MIB, openRoom, upgrade } from './attackers.js';

const BOUND = 64;

/** A room for all of the players, with a reconnect window. */
const ROOM = { maxPlayers: 1000, hold: 300 };

/** Joins with this key and does nothing more: it does not even confirm a close. */
function sitDown(relay: RelayProcess, host: Host, key: string, from: string): Promise<RawClient> {
  return upgrade(relay, `/${seatOf(host, key)}`, { from });
}

/** The number of these that the relay has not terminated. */
function open(clients: readonly RawClient[]): number {
  return clients.filter(({ socket }) => !socket.closed).length;
}

describe('seats', () => {
  const attack = arena(['--connections-per-address', String(BOUND), '--max-connections', '500']);

  attack(
    'one seat that is taken over 2,000 times by connections that do not close',
    async (arena) => {
      const { relay } = arena;
      const host = await openRoom(relay, ROOM);
      const from = freshAddress();
      const key = seatKey();
      const clients: RawClient[] = [];
      while (clients.length < 2000) clients.push(await sitDown(relay, host, key, from));
      await eventually(
        async () => open(clients),
        (count) => count <= BOUND + 1,
      );
      // The last one has the seat, and other players can join.
      const last = clients.at(-1);
      host.command({ cmd: 'to_str', to: [1], data: 'still here' });
      await last?.until((bytes) => bytes.includes('still here'));
      expect((await host.settled()).some(({ cmd }) => cmd === 'player_away')).toBe(false);
      const other = Player.connect(relay.url, host.code, { localAddress: freshAddress() });
      onTestFinished(() => other.cut());
      await host.until('player_joined');
    },
  );

  attack(
    'one room that is taken over 1,000 times by connections that do not close',
    async (arena) => {
      const { relay } = arena;
      const { code, token } = await openRoom(relay, ROOM);
      const from = freshAddress();
      const path = `/CREATE?room=${code}&resume=${token}`;
      const clients: RawClient[] = [];
      while (clients.length < 1000) clients.push(await upgrade(relay, path, { from }));
      await eventually(
        async () => open(clients),
        (count) => count <= BOUND + 1,
      );
      expect(clients.at(-1)?.socket.closed).toBe(false);
      await openRoom(relay, ROOM);
    },
  );

  attack('600 disconnected players of one address do not all reconnect at once', async (arena) => {
    const { relay } = arena;
    const host = await openRoom(relay, ROOM);
    const from = freshAddress();
    const keys = Array.from({ length: 600 }, seatKey);
    for (const key of keys) {
      const client = await sitDown(relay, host, key, from);
      await host.until('player_joined');
      client.socket.destroy();
      await host.until('player_away');
    }
    const before = await relay.metric('lobby_relay_connections');
    await Promise.all(keys.map((key) => sitDown(relay, host, key, from)));
    expect((await relay.metric('lobby_relay_connections')) - before).toBe(2 * BOUND);
    // Clients of other addresses can connect.
    const other = Player.connect(relay.url, host.code, { localAddress: freshAddress() });
    onTestFinished(() => other.cut());
    await host.until('player_joined');
  });
});

describe('the offline buffer', () => {
  const MEMORY = 32 * MIB;
  const attack = arena(['--memory', `${MEMORY}`, '--keep', `${MIB}`]);

  attack(
    'of 100 disconnected players is dropped before any connection is closed',
    async ({ relay }) => {
      const host = await openRoom(relay, ROOM);
      const keys = Array.from({ length: 100 }, seatKey);
      for (const key of keys) {
        const player = Player.connect(relay.url, seatOf(host, key));
        await host.until('player_joined');
        player.cut();
        await host.until('player_away');
      }
      const data = Buffer.alloc(100 * KIB);
      // A separate message of 1 MiB for each of them.
      for (let round = 0; round < 10; round++) {
        for (let id = 1; id <= keys.length; id++) host.command({ cmd: 'to', to: [id], data });
        await host.settled();
      }
      expect((await relay.memory()).inUse).toBeLessThan(4 * MEMORY);
      let missed = 0;
      let got = 0;
      for (const key of keys) {
        const player = Player.connect(relay.url, seatOf(host, key));
        onTestFinished(() => player.cut());
        const back = await host.until('player_back');
        missed += back.missed ?? 0;
        host.command({ cmd: 'to_str', to: [back.player], data: 'newer' });
        while ((await player.next()).binary) got++;
        player.cut();
      }
      expect(missed).toBeGreaterThan(0);
      expect(missed + got).toBe(10 * keys.length);
    },
  );
});

describe('servers for WebRTC', () => {
  const attack = arena(['--turn-url', 'turn:turn.example', '--turn-secret', 'secret']);

  attack('requests for credentials are limited to 256 per minute', async ({ relay }) => {
    const from = freshAddress();
    const statuses: number[] = [];
    const start = performance.now();
    while (statuses.length < 1000) {
      const batch = Array.from({ length: 50 }, () => get(relay, '/ice', { from }));
      statuses.push(...(await Promise.all(batch)));
    }
    const refilled = ((performance.now() - start) / 60_000) * 256;
    const given = statuses.filter((status) => status === 200).length;
    expect(given).toBeGreaterThanOrEqual(256);
    expect(given).toBeLessThanOrEqual(257 + refilled);
    expect(statuses.filter((status) => status === 429).length).toBe(1000 - given);
    expect(await get(relay, '/ice')).toBe(200);
  });
});
