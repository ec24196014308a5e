import { once } from 'node:events';
import { describe, expect, onTestFinished } from 'vitest';
import { Host, Player, seatKey } from '../support/clients.js';
import { frame, OPCODE } from '../support/raw-client.js';
import type { RelayProcess } from '../support/relay-process.js';
import { arena } from './arena.js';
import { eventually, freshAddress, KIB, MIB, outcome, upgrade } from './attackers.js';

/** A host with a room that has these features. */
async function prepared(relay: RelayProcess, fields: object): Promise<Host> {
  const host = await Host.connect(relay.url, '', { localAddress: freshAddress() });
  onTestFinished(() => host.cut());
  host.command({ cmd: 'prepare', max_players: 100, name: 'attack', ...fields });
  const { key, resume } = await host.until('prepare_reply');
  return Object.assign(host, { code: key, token: resume });
}

describe('players who ask', () => {
  const MEMORY = 32 * MIB;
  const attack = arena(['--memory', `${MEMORY}`]);

  attack('5,000 of them, who leave before the host can answer', async ({ relay }) => {
    const host = await prepared(relay, { about: true, ask: true });
    const about = 'x'.repeat(KIB);
    for (let round = 0; round < 100; round++) {
      const from = freshAddress();
      const clients = await Promise.all(
        Array.from({ length: 50 }, () => upgrade(relay, `/${host.code}?about=${about}`, { from })),
      );
      for (const { socket } of clients) socket.destroy();
    }
    await eventually(
      async () => {
        host.command({ cmd: 'open' });
        const states = (await host.settled()).filter(({ cmd }) => cmd === 'state');
        return states.at(-1).asking.length;
      },
      (asking) => asking === 0,
    );
    // The host may still admit somebody who means it.
    const player = Player.connect(relay.url, host.code, { localAddress: freshAddress() });
    onTestFinished(() => player.cut());
    const { player: id } = await host.until('player_asks');
    host.command({ cmd: 'admit', player: id });
    await host.until('player_joined');
  });

  attack('who send 16 MiB each before they are admitted, in 20 rooms', async ({ relay }) => {
    const hosts = await Promise.all(
      Array.from({ length: 20 }, () => prepared(relay, { ask: true })),
    );
    const data = Buffer.alloc(MIB);
    const players: Player[] = [];
    for (const { code } of hosts) {
      for (let n = 0; n < 16; n++) {
        const player = await Player.join(relay.url, code, { localAddress: freshAddress() });
        onTestFinished(() => player.cut());
        for (let i = 0; i < 16; i++) player.send(data);
        players.push(player);
      }
    }
    expect((await relay.memory()).inUse).toBeLessThan(20 * MEMORY);
    for (const player of players) player.cut();
    // The relay would notice after a minute that players have left from whom it does not read.
    for (const host of hosts) host.command({ cmd: 'stop' });
    await Promise.all(hosts.map(({ closed }) => closed));
  });

  attack('again and again with one key, by connections that stay open', async ({ relay }) => {
    const host = await prepared(relay, { ask: true, hold: 60 });
    const path = `/${host.code}?seat=${seatKey()}`;
    const from = freshAddress();
    for (let i = 0; i < 1000; i++) await upgrade(relay, path, { from });
    host.command({ cmd: 'open' });
    const asked = (await host.settled()).filter(({ cmd }) => cmd === 'player_asks');
    expect(asked).toEqual([{ cmd: 'player_asks', player: 1 }]);
  });
});

describe('passwords', () => {
  const attack = arena(['--misses-per-minute', '60']);

  attack('500 that one address guesses, of which some 60 are compared', async ({ relay }) => {
    const { code } = await prepared(relay, { password: 'sesame' });
    const from = freshAddress();
    const start = performance.now();
    const codes: number[] = [];
    for (let n = 0; n < 500; n++) {
      codes.push((await outcome(relay, `/${code}?password=guess-${n}`, { from })).code);
    }
    const seconds = (performance.now() - start) / 1000;
    const compared = codes.filter((each) => each === 4011).length;
    expect(compared).toBeGreaterThanOrEqual(60);
    expect(compared).toBeLessThanOrEqual(61 + seconds);
    // Even the right one does not help now; another address can join.
    expect((await outcome(relay, `/${code}?password=sesame`, { from })).code).toBe(4029);
    const path = `${code}?password=sesame`;
    const player = Player.connect(relay.url, path, { localAddress: freshAddress() });
    onTestFinished(() => player.cut());
    await once(player.socket, 'open');
  });

  attack('of 6 KiB, 2,000 times', async ({ relay }) => {
    const { code } = await prepared(relay, { password: 'sesame' });
    const long = 'x'.repeat(6 * KIB);
    for (let n = 0; n < 2000; n += 50) {
      const from = freshAddress();
      const attempts = Array.from({ length: 50 }, (_, i) =>
        outcome(relay, `/${code}?password=${long}${n + i}`, { from }),
      );
      for (const { code } of await Promise.all(attempts)) expect([4011, 4029]).toContain(code);
    }
  });
});

describe('round-trip times', () => {
  const attack = arena();

  attack('a player who sends 100,000 pongs that nobody has asked for', async ({ relay }) => {
    const host = await prepared(relay, { times: 1 });
    const client = await upgrade(relay, `/${host.code}`, { from: freshAddress() });
    const pongs = Buffer.concat(
      Array.from({ length: 1000 }, () => frame(OPCODE.pong, Buffer.alloc(8))),
    );
    for (let i = 0; i < 100; i++) client.write(pongs);
    const other = await Player.join(relay.url, host.code, { localAddress: freshAddress() });
    onTestFinished(() => other.cut());
    const { players } = await host.until('times');
    expect(players.map(([id]: [number]) => id)).toEqual([2]);
  });
});
