import { once } from 'node:events';
import { mkdir, mkdtemp } from 'node:fs/promises';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { WebSocket } from 'ws';
import { Cli } from '../support/cli.js';
import { Host, joined, Player, seatKey } from '../support/clients.js';
import { freshMetrics } from '../support/metrics.js';
import { RawClient, upgradeRequest } from '../support/raw-client.js';
import { SdkPage } from '../support/sdk-pages.js';
import { WorkersRelay } from '../support/workers.js';

describe('a relay with two workers', () => {
  test('has rooms in both, and players reach each by its code', async () => {
    const relay = await WorkersRelay.start();
    for (const host of await relay.hostOnEach()) {
      const player = await joined(relay.url, host);
      player.send('up');
      expect(await host.next()).toEqual({ cmd: 'from_str', from: player.id, data: 'up' });
      host.command({ cmd: 'to', to: [], data: new Uint8Array([1, 2]) });
      expect(await player.next()).toEqual({ data: Buffer.from([1, 2]), binary: true });
      await Player.join(relay.url, host.code.toLowerCase());
      expect(await host.until('player_joined')).toMatchObject({ player: player.id + 1 });
    }
  });

  test('loses nothing that 300 players send as soon as they are connected', async () => {
    const relay = await WorkersRelay.start();
    const hosts = await relay.hostOnEach({ maxPlayers: 1000 });
    const count = 300;
    const players = Array.from({ length: count }, (_, index) => {
      const host = hosts[index % 2] as Host;
      const socket = new WebSocket(`${relay.url}/${host.code}`);
      socket.on('open', () => {
        for (let part = 0; part < 3; part++) socket.send(`${index} ${part}`);
      });
      return socket;
    });
    const heard: string[] = [];
    for (const host of hosts) {
      while (heard.length < (count * 3) / (host === hosts[0] ? 2 : 1)) {
        const event = await host.until('from_str');
        heard.push(event.data);
      }
    }
    const sent = players.flatMap((_, index) => [0, 1, 2].map((part) => `${index} ${part}`));
    expect(heard.toSorted()).toEqual(sent.toSorted());
    for (const socket of players) socket.terminate();
  });

  test('passes on frames that follow the request before it is answered', async () => {
    const relay = await WorkersRelay.start();
    const [host] = await relay.hostOnEach();
    const socket = connect(Number(new URL(relay.http).port), '127.0.0.1');
    const request = [
      `GET /${host?.code} HTTP/1.1`,
      'Host: relay',
      'Upgrade: websocket',
      'Connection: Upgrade',
      'Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==',
      'Sec-WebSocket-Version: 13',
      '\r\n',
    ].join('\r\n');
    // A masked text frame with `hi`, and a mask of zeros.
    const frame = Buffer.from([0x81, 0x82, 0, 0, 0, 0, 0x68, 0x69]);
    socket.write(Buffer.concat([Buffer.from(request), frame]));
    expect(await host?.until('from_str')).toMatchObject({ data: 'hi' });
    socket.destroy();
  });

  test.each(['POST', 'PUT'])('refuses %s as one process does', async (method) => {
    const relay = await WorkersRelay.start();
    const [{ code }] = (await relay.hostOnEach()) as [Host, Host];
    const client = new RawClient(connect(Number(new URL(relay.url).port), '127.0.0.1'));
    client.write(upgradeRequest(`/${code}`).replace('GET', method));
    await client.closed;
    expect(client.received.toString()).toMatch(/^HTTP\/1\.1 405 /);
  });

  test('describes rooms of both as one process does', async () => {
    const relay = await WorkersRelay.start();
    for (const host of await relay.hostOnEach({ name: 'Tea', hold: 60 })) {
      const key = seatKey();
      await joined(relay.url, host, key);
      const at = `${relay.http}/${host.code}`;
      expect(await (await fetch(at)).text()).toBe('Tea');
      const described = await (await fetch(`${at}?format=json&seat=${key}`)).json();
      expect(described).toMatchObject({ code: host.code, players: 1, seat: 'connected' });
    }
    const missing = await fetch(`${relay.http}/ZZZZ`);
    expect([missing.status, await missing.text()]).toEqual([404, 'Game not found']);
  });

  test('resumes the host at the worker that has its room', async () => {
    const relay = await WorkersRelay.start();
    for (const [index, host] of (await relay.hostOnEach({ hold: 60 })).entries()) {
      const player = await joined(relay.url, host, seatKey());
      host.cut();
      const lost = () => relay.lines.filter(({ msg }) => msg === 'host disconnected').length;
      await expect.poll(lost).toBe(index + 1);
      player.send('while it was away');
      const resumed = await Host.resume(relay.url, host);
      expect(await resumed.until('prepare_reply')).toMatchObject({ key: host.code });
      expect(await resumed.until('from_str')).toMatchObject({ data: 'while it was away' });
    }
  });
});

describe('public lists of a relay with two workers', () => {
  const lists = ['--list', '--max-hold', '60'];

  async function listed(url: string, count: number): Promise<Host[]> {
    const hosts: Host[] = [];
    for (let number = 0; number < count; number++) {
      const host = await Host.connect(url);
      const more = { name: `${number}`, list: 'games', hold: 60 };
      host.command({ cmd: 'prepare', max_players: 4, ...more });
      const { key } = await host.until('prepare_reply');
      hosts.push(Object.assign(host, { code: key }));
    }
    return hosts;
  }

  test('have the rooms of both, the newest first, page by page', async () => {
    const relay = await WorkersRelay.start(lists);
    const codes = (await listed(relay.url, 6)).map(({ code }) => code).reverse();
    expect(new Set(codes.map((code) => relay.workerOf(code))).size).toBe(2);
    const page = async (query = ''): Promise<string[]> => {
      const response = await fetch(`${relay.http}/rooms/games${query}`);
      const rooms = (await response.json()) as { readonly code: string }[];
      return rooms.map(({ code }) => code);
    };
    expect(await page()).toEqual(codes);
    expect(await page(`?after=${codes[1]}`)).toEqual(codes.slice(2));
    expect(await page('?after=ZZZZ')).toEqual([]);
  });

  test('let a player join the fullest room of both, and come back to its seat', async () => {
    const relay = await WorkersRelay.start(lists);
    const hosts = await listed(relay.url, 4);
    for (const fullest of hosts.slice(0, 2)) {
      // The codes of both workers take turns.
      await joined(relay.url, fullest);
      await joined(relay.url, fullest);
      const key = seatKey();
      const player = await Player.join(relay.url, `ANY?list=games&seat=${key}`);
      await fullest.until('player_joined');
      await joined(relay.url, fullest);
      player.cut();
      await fullest.until('player_away');
      await Player.join(relay.url, `ANY?list=games&seat=${key}`);
      await fullest.until('player_back');
    }
  });

  test('have no room for a player if all are full', async () => {
    const relay = await WorkersRelay.start(lists);
    const player = Player.connect(relay.url, 'ANY?list=games');
    expect(await player.closed).toMatchObject({ code: 4004 });
  });
});

describe('codes that hosts choose from two workers', () => {
  const prepare = (code: string) => ({ cmd: 'prepare', max_players: 4, code, hold: 1 });

  test('are given once, whichever worker draws them, and are free again later', async () => {
    const relay = await WorkersRelay.start(['--custom-codes', '--max-hold', '1']);
    for (const code of ['BIRD', 'WOLF']) {
      const hosts = await Promise.all(Array.from({ length: 8 }, () => Host.connect(relay.url)));
      for (const host of hosts) host.command(prepare(code));
      const keys = await Promise.all(hosts.map(async (host) => host.until('prepare_reply')));
      const winners = hosts.filter((_, index) => keys[index].key === code);
      expect(winners).toHaveLength(1);
      expect(new Set(keys.map(({ key }) => key)).size).toBe(8);
      const winner = Object.assign(winners[0] as Host, { code });
      await joined(relay.url, winner);
      for (const host of hosts) host.command({ cmd: 'stop' });
      await Promise.all(hosts.map(({ closed }) => closed));
      await expect.poll(() => chosen(relay.url, code)).toBe(code);
    }
  });

  async function chosen(url: string, code: string): Promise<string> {
    const host = await Host.connect(url);
    host.command(prepare(code));
    const { key } = await host.until('prepare_reply');
    host.command({ cmd: 'stop' });
    return key;
  }

  test('what a host says right after it has chosen one is not lost', async () => {
    const relay = await WorkersRelay.start(['--custom-codes']);
    for (const code of ['BIRD', 'WOLF']) {
      const host = await Host.connect(relay.url);
      host.command(prepare(code));
      host.command({ cmd: 'start' });
      expect(await host.until('prepare_reply')).toMatchObject({ key: code });
      expect(await host.until('state')).toMatchObject({ accept_conns: false });
    }
  });
});

describe('a relay with two workers to its operator', () => {
  test('has the sums of all metrics, and counts players of both', async () => {
    const relay = await WorkersRelay.start();
    for (const host of await relay.hostOnEach()) await joined(relay.url, host);
    const metrics = await freshMetrics(relay.http);
    expect(metrics).toContain('\nlobby_relay_players 2\n');
    expect(metrics).toContain('\nlobby_relay_joins_total{result="joined"} 2\n');
    expect(metrics).toContain('\nlobby_relay_connections{role="player"} 2\n');
    const [, started] = /\nprocess_start_time_seconds (\d+)\n/.exec(metrics) ?? [];
    expect(Math.abs(Number(started) - Date.now() / 1000)).toBeLessThan(3600);
  });

  test('logs the rooms of both, with the number of the worker', async () => {
    const relay = await WorkersRelay.start();
    await relay.hostOnEach();
    await expect
      .poll(() => new Set(relay.lines.map(({ worker }) => worker)))
      .toEqual(new Set([undefined, 1, 2]));
    for (const line of relay.lines) expect(line).toHaveProperty('time');
  });

  test('serves pages, the SDK, and Bellhop and signaling clients', async () => {
    const relay = await WorkersRelay.start();
    for (const path of ['/', '/sketch', '/client.js', '/health', '/ready', '/ice']) {
      expect([path, (await fetch(`${relay.http}${path}`)).status]).toEqual([path, 200]);
    }
    const bellhop = new WebSocket(`${relay.url}/bellhop`);
    await once(bellhop, 'open');
    bellhop.terminate();
  });

  test('lets games end at SIGTERM with --drain, and then ends', async () => {
    const relay = await WorkersRelay.start(['--drain', '60']);
    const [first, second] = await relay.hostOnEach();
    relay.cli.kill('SIGTERM');
    await relay.cli.says('"stopping"');
    expect((await fetch(`${relay.http}/ready`)).status).toBe(503);
    expect(await (await Host.connect(relay.url)).closed).toMatchObject({ code: 1012 });
    await joined(relay.url, first as Host);
    for (const host of [first, second]) host?.command({ cmd: 'stop' });
    expect(await relay.cli.exited).toMatchObject({ code: 0, stderr: '' });
  });

  test('speaks with pages of the SDK in both', async () => {
    const relay = await WorkersRelay.start();
    const page = new SdkPage();
    const workers = new Set<number>();
    while (workers.size < 2) {
      const room = await page.createRoom(relay.url, {});
      workers.add(relay.workerOf(room.code));
      const heard = new Promise((resolve) => room.on('message', (...all) => resolve(all)));
      const seat = await page.joinRoom(relay.url, room.code);
      seat.send('hello');
      expect(await heard).toEqual([expect.anything(), 'hello']);
    }
  });
});

test('a part of the state file that cannot be written is an error of one line', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'workers-'));
  await mkdir(join(folder, 'rooms.2'));
  const args = ['--port', '0', '--workers', '2', '--state-file', join(folder, 'rooms')];
  const { code, stderr } = await new Cli(args).exited;
  expect(code).toBe(2);
  expect(stderr).toMatch(/^lobby-relay: --state-file: EISDIR[^\n]+\n$/);
});

test.each([
  [['--workers', 'x'], '--workers: expected a whole number from 0 to 64, got "x"'],
  [['--workers', '65'], '--workers: expected a whole number from 0 to 64, got 65'],
  [['--workers', '2', '--tls-cert', 'a', '--tls-key', 'b'], '--workers: with several, a proxy'],
  [['--workers', '2', '--state-file', '/nowhere/rooms'], '--state-file: there is no folder /nowh'],
  [['--workers', '2', '--max-connections', '1000000'], '--max-connections: 1000000 is more than'],
])('%s is an error of one line', async (args, message) => {
  const { code, stderr } = await new Cli(['--port', '0', ...args]).exited;
  expect(code).toBe(2);
  expect(stderr).toMatch(/^lobby-relay: [^\n]+\n$/);
  expect(stderr).toContain(message);
});
