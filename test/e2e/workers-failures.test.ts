import { mkdtemp, readdir, readFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { Host, joined, Player, seatKey, seatOf } from '../support/clients.js';
import { isAlive } from '../support/is-alive.js';
import { freshMetrics } from '../support/metrics.js';
import { SdkPage } from '../support/sdk-pages.js';
import { WorkersRelay } from '../support/workers.js';

async function stateFile(): Promise<string> {
  return join(await mkdtemp(join(tmpdir(), 'workers-')), 'rooms');
}

/** The last player of the only room in the part of a worker. */
async function lastSaved(file: string, worker: number): Promise<number | undefined> {
  const text = await readFile(`${file}.${worker}`, 'utf8').catch(() => '');
  const [, id] = /"lastId":(\d+)/.exec(text) ?? [];
  return id === undefined ? undefined : Number(id);
}

describe('a worker that is killed', () => {
  test('takes down its own rooms only, and is replaced', async () => {
    const relay = await WorkersRelay.start();
    const [first, second] = (await relay.hostOnEach()) as [Host, Host];
    const [firstWorker] = relay.processes;
    const player = await joined(relay.url, second);
    process.kill(firstWorker ?? 0, 'SIGKILL');
    expect(await first.closed).toMatchObject({ code: 1006 });
    player.send('still here');
    expect(await second.until('from_str')).toMatchObject({ data: 'still here' });
    await relay.cli.says('worker ended');
    // Its rooms did not wait, so their codes are unknown once it is back.
    expect(await Player.connect(relay.url, first.code).closed).toMatchObject({ code: 4004 });
    await relay.hostOnEach();
    expect(relay.processes).toHaveLength(2);
    expect((await fetch(`${relay.http}/ready`)).status).toBe(200);
  });

  test('brings rooms back that wait, with host and seats, for which clients are held', async () => {
    const file = await stateFile();
    const relay = await WorkersRelay.start(['--state-file', file]);
    const [host] = (await relay.hostOnEach({ hold: 60 })) as [Host, Host];
    const key = seatKey();
    const player = await joined(relay.url, host, key);
    await expect.poll(() => lastSaved(file, 1)).toBe(player.id);
    process.kill(relay.processes[0] ?? 0, 'SIGKILL');
    await Promise.all([host.closed, player.closed, relay.cli.says('worker ended')]);
    const [back, again] = await Promise.all([
      Host.resume(relay.url, host),
      Player.join(relay.url, seatOf(host, key)),
    ]);
    expect(await back.until('prepare_reply')).toMatchObject({ key: host.code, resumed: true });
    again.send('back');
    expect(await back.until('from_str')).toMatchObject({ from: player.id, data: 'back' });
  });

  test('is only a reconnect to pages of the SDK', async () => {
    const file = await stateFile();
    const relay = await WorkersRelay.start(['--state-file', file]);
    const page = new SdkPage();
    const room = await page.createRoom(relay.url, { hold: 60 });
    const seat = await new SdkPage().joinRoom(relay.url, room.code);
    const heard: string[] = [];
    const whenAll = new Promise<void>((resolve) => {
      room.on('message', (_, data) => {
        if (heard.push(String(data)) === 40) resolve();
      });
    });
    const worker = relay.workerOf(room.code);
    await expect.poll(() => lastSaved(file, worker)).toBe(1);
    for (let number = 0; number < 20; number++) seat.send(`${number}`);
    process.kill(relay.processes[worker - 1] ?? 0, 'SIGKILL');
    for (let number = 20; number < 40; number++) seat.send(`${number}`);
    await whenAll;
    expect(heard).toEqual(Array.from({ length: 40 }, (_, number) => `${number}`));
  });

  test('does not make counters go down', async () => {
    const relay = await WorkersRelay.start();
    for (const host of await relay.hostOnEach()) await joined(relay.url, host);
    expect(await freshMetrics(relay.http)).toContain('_joins_total{result="joined"} 2\n');
    process.kill(relay.processes[0] ?? 0, 'SIGKILL');
    await relay.cli.says('worker ended');
    const metrics = await freshMetrics(relay.http);
    expect(metrics).toContain('_joins_total{result="joined"} 2\n');
    expect(metrics).toContain('\nlobby_relay_players 1\n');
  });

  test('frees the connections of its clients', async () => {
    const limits = ['--limit-loopback', '--connections-per-address', '4'];
    const relay = await WorkersRelay.start(limits);
    const hosts = await Promise.all(Array.from({ length: 4 }, () => Host.open(relay.url)));
    for (const pid of relay.processes) process.kill(pid, 'SIGKILL');
    await Promise.all(hosts.map(({ closed }) => closed));
    const ended = () => relay.lines.filter(({ msg }) => /worker ended/.test(`${msg}`)).length;
    await expect.poll(ended).toBe(2);
    for (const _ of hosts) await Host.open(relay.url);
    expect(await (await Host.connect(relay.url)).closed).toMatchObject({ code: 1013 });
  });
});

describe('a restart', () => {
  test.each([
    [2, 3],
    [3, 2],
    [2, 1],
    [1, 2],
  ])('with %i workers before and %i after keeps rooms and seats', async (before, after) => {
    const file = await stateFile();
    const args = ['--state-file', file, '--custom-codes'];
    const first = await WorkersRelay.start(args, before);
    const keys = Array.from({ length: 8 }, () => seatKey());
    const hosts: Host[] = [];
    for (const key of keys) {
      const host = await Host.open(first.url, { hold: 60 });
      await joined(first.url, host, key);
      hosts.push(host);
    }
    const chosen = await Host.connect(first.url);
    chosen.command({ cmd: 'prepare', max_players: 2, hold: 60, code: 'WOLF' });
    const { resume } = await chosen.until('prepare_reply');
    first.cli.kill('SIGTERM');
    await first.cli.exited;
    const second = await WorkersRelay.start(args, after);
    for (const [index, host] of hosts.entries()) {
      const back = await Host.resume(second.url, host);
      expect(await back.until('prepare_reply')).toMatchObject({ resumed: true });
      await Player.join(second.url, seatOf(host, keys[index] ?? ''));
      expect(await back.until('player_back')).toMatchObject({ player: 1 });
    }
    const wolf = await Host.resume(second.url, { code: 'WOLF', token: resume });
    expect(await wolf.until('prepare_reply')).toMatchObject({ key: 'WOLF', resumed: true });
    const files = (await readdir(join(file, '..'))).toSorted();
    const parts = Array.from({ length: after }, (_, index) => `rooms.${index + 1}`);
    expect(files.filter((name) => !/draft/.test(name))).toEqual(after === 1 ? ['rooms'] : parts);
  });
});

describe('a primary that is killed', () => {
  test('ends its workers, which save their rooms for the next one', async () => {
    const file = await stateFile();
    const args = ['--state-file', file];
    const relay = await WorkersRelay.start(args);
    const hosts = await relay.hostOnEach({ hold: 60 });
    const { processes } = relay;
    relay.cli.kill('SIGKILL');
    expect(await Promise.all(hosts.map(({ closed }) => closed))).toEqual(
      hosts.map(() => expect.objectContaining({ code: 1012 })),
    );
    await expect.poll(() => processes.filter(isAlive)).toEqual([]);
    const next = await WorkersRelay.start(args);
    for (const host of hosts) {
      const back = await Host.resume(next.url, host);
      expect(await back.until('prepare_reply')).toMatchObject({ resumed: true });
    }
  });
});

test('SIGTERM of all processes at once, as by a service manager, still closes with 1012', async () => {
  const relay = await WorkersRelay.start();
  const hosts = await relay.hostOnEach();
  for (const pid of relay.processes) process.kill(pid, 'SIGTERM');
  relay.cli.kill('SIGTERM');
  const codes = await Promise.all(hosts.map(async ({ closed }) => (await closed).code));
  expect(codes).toEqual([1012, 1012]);
  expect(await relay.cli.exited).toMatchObject({ code: 0, stderr: '' });
});
