import { describe, expect, onTestFinished } from 'vitest';
import { Host, Player, seatKey, seatOf } from '../support/clients.js';
import type { RawClient } from '../support/raw-client.js';
import type { RelayProcess } from '../support/relay-process.js';
import { arena } from './arena.js';
import { eventually, freshAddress, get, KIB, MIB, upgrade } from './attackers.js';

const BOUND = 64;

/** A host whose room waits for everybody. */
async function openWaitingRoom(relay: RelayProcess, { from = freshAddress() } = {}): Promise<Host> {
  const host = await Host.connect(relay.url, '', { localAddress: from });
  onTestFinished(() => host.cut());
  host.command({ cmd: 'prepare', max_players: 1000, name: 'attack', hold: 300 });
  const { key, resume } = await host.until('prepare_reply');
  return Object.assign(host, { code: key, token: resume });
}

/** Sits down with this key, and does nothing more: not even close when it is told to. */
function sitDown(relay: RelayProcess, host: Host, key: string, from: string): Promise<RawClient> {
  return upgrade(relay, `/${seatOf(host, key)}`, { from });
}

/** How many of these the relay has not cut. */
function open(clients: readonly RawClient[]): number {
  return clients.filter(({ socket }) => !socket.closed).length;
}

describe('places', () => {
  const attack = arena(['--connections-per-address', String(BOUND), '--max-connections', '500']);

  attack('one seat that is taken anew 2,000 times by connections that never go', async (arena) => {
    const { relay } = arena;
    const host = await openWaitingRoom(relay);
    const from = freshAddress();
    const key = seatKey();
    const clients: RawClient[] = [];
    while (clients.length < 2000) clients.push(await sitDown(relay, host, key, from));
    await eventually(
      async () => open(clients),
      (count) => count <= BOUND + 1,
    );
    // The last is the one who sits there, and others come in beside it.
    const last = clients.at(-1);
    host.command({ cmd: 'to_str', to: [1], data: 'still here' });
    await last?.until((bytes) => bytes.includes('still here'));
    expect((await host.settled()).some(({ cmd }) => cmd === 'player_away')).toBe(false);
    const other = Player.connect(relay.url, host.code, { localAddress: freshAddress() });
    onTestFinished(() => other.cut());
    await host.until('player_joined');
  });

  attack('one room that is taken over 1,000 times by connections that never go', async (arena) => {
    const { relay } = arena;
    const { code, token } = await openWaitingRoom(relay);
    const from = freshAddress();
    const path = `/CREATE?room=${code}&resume=${token}`;
    const clients: RawClient[] = [];
    while (clients.length < 1000) clients.push(await upgrade(relay, path, { from }));
    await eventually(
      async () => open(clients),
      (count) => count <= BOUND + 1,
    );
    expect(clients.at(-1)?.socket.closed).toBe(false);
    await openWaitingRoom(relay);
  });

  attack('600 seats gathered from one address do not all come back at once', async (arena) => {
    const { relay } = arena;
    const host = await openWaitingRoom(relay);
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
    // Who comes from elsewhere has room.
    const other = Player.connect(relay.url, host.code, { localAddress: freshAddress() });
    onTestFinished(() => other.cut());
    await host.until('player_joined');
  });
});

describe('what is kept', () => {
  const MEMORY = 32 * MIB;
  const attack = arena(['--memory', `${MEMORY}`, '--keep', `${MIB}`]);

  attack('for 100 seats that are away is forgotten before anybody is cut', async ({ relay }) => {
    const host = await openWaitingRoom(relay);
    const keys = Array.from({ length: 100 }, seatKey);
    for (const key of keys) {
      const player = Player.connect(relay.url, seatOf(host, key));
      await host.until('player_joined');
      player.cut();
      await host.until('player_away');
    }
    const data = Buffer.alloc(100 * KIB);
    // To each of them what nobody else gets: 1 MiB each, if it were kept.
    for (let round = 0; round < 10; round++) {
      for (let id = 1; id <= keys.length; id++) host.command({ cmd: 'to', to: [id], data });
      await host.settled();
    }
    const { held } = await relay.memory();
    expect(held).toBeLessThan(4 * MEMORY);
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
  });
});

describe('servers for WebRTC', () => {
  const attack = arena(['--turn-url', 'turn:turn.example', '--turn-secret', 'secret']);

  attack('a flood of requests for credentials ends at 256 a minute', async ({ relay }) => {
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
