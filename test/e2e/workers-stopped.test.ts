import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import { Host, joined, Player } from '../support/clients.js';
import { freshMetrics } from '../support/metrics.js';
import { WorkersRelay } from '../support/workers.js';

/*
 * A worker that does not respond, or that cannot be started again, affects only its own rooms.
 */

/** Stops a worker as a debugger does. Returns a function that lets it go on. */
function stop(relay: WorkersRelay, worker: number): () => void {
  const pid = relay.processes[worker - 1] ?? 0;
  process.kill(pid, 'SIGSTOP');
  const goOn = (): void => {
    process.kill(pid, 'SIGCONT');
  };
  onTestFinished(() => {
    try {
      process.kill(pid, 'SIGKILL');
    } catch {}
  });
  return goOn;
}

/** The code that a host gets who chooses this one. */
async function chosen(host: Host, code: string): Promise<string> {
  host.command({ cmd: 'prepare', max_players: 4, code, hold: 1 });
  return (await host.until('prepare_reply')).key;
}

describe('while a worker is stopped', () => {
  test('a host of another one who chooses a code of its range gets another code', async () => {
    const relay = await WorkersRelay.start(['--custom-codes', '--max-hold', '1']);
    // BIRD is in the range of the first worker.
    expect(relay.workerOf('BIRD')).toBe(1);
    const hosts = await Promise.all(Array.from({ length: 4 }, () => Host.connect(relay.url)));
    const goOn = stop(relay, 1);
    const keys = hosts.map((host) => chosen(host, 'BIRD'));
    const [another] = await Promise.all([Promise.any(keys), relay.cli.says('does not respond')]);
    expect(another).not.toBe('BIRD');
    goOn();
    // The stopped worker reads the question now, and must not give the code away for good.
    await Promise.all(keys);
    for (const host of hosts) host.command({ cmd: 'stop' });
    await Promise.all(hosts.map(({ closed }) => closed));
    await expect
      .poll(async () => {
        const host = await Host.connect(relay.url);
        const key = await chosen(host, 'BIRD');
        host.command({ cmd: 'stop' });
        return key;
      })
      .toBe('BIRD');
  });

  test('new rooms are opened in the other, and the same address may guess there', async () => {
    const relay = await WorkersRelay.start();
    const [first, second] = (await relay.hostOnEach({ hold: 60 })) as [Host, Host];
    stop(relay, 1);
    // One of these is under way when it is noticed that the worker does not respond.
    const waiting = Player.connect(relay.url, `${first.code}?password=x`);
    const player = Player.connect(relay.url, `${second.code}?password=x`);
    await second.until('player_joined');
    await relay.cli.says('does not respond');
    for (let count = 0; count < 4; count++) {
      const host = await Host.open(relay.url);
      expect(relay.workerOf(host.code)).toBe(2);
    }
    waiting.cut();
    player.cut();
  });

  test('requests about its rooms are answered with 503, all others as ever', async () => {
    const relay = await WorkersRelay.start(['--list']);
    const hosts: Host[] = [];
    while (new Set(hosts.map(({ code }) => relay.workerOf(code))).size < 2) {
      const host = await Host.connect(relay.url);
      host.command({ cmd: 'prepare', max_players: 4, list: 'games' });
      const { key } = await host.until('prepare_reply');
      hosts.push(Object.assign(host, { code: key }));
    }
    const codes = hosts.map(({ code }) => code);
    const stopped = codes.find((code) => relay.workerOf(code) === 1);
    const living = codes.filter((code) => relay.workerOf(code) === 2);
    for (const host of hosts) await joined(relay.url, host);
    const joins = `_joins_total{result="joined"} ${hosts.length}\n`;
    expect(await freshMetrics(relay.http)).toContain(joins);
    const goOn = stop(relay, 1);
    await relay.cli.says('does not respond');
    const asked = await fetch(`${relay.http}/${stopped}`);
    expect([asked.status, asked.headers.get('retry-after')]).toEqual([503, '1']);
    const listed = (await (await fetch(`${relay.http}/rooms/games`)).json()) as { code: string }[];
    expect(listed.map(({ code }) => code)).toEqual(living.toReversed());
    await Player.join(relay.url, 'ANY?list=games');
    expect((await fetch(`${relay.http}/ready`)).status).toBe(200);
    expect(await freshMetrics(relay.http)).toMatch(
      new RegExp(`_joins_total\\{result="joined"\\} ${hosts.length + 1}\n`),
    );
    goOn();
    await expect.poll(async () => (await fetch(`${relay.http}/${stopped}`)).status).toBe(200);
  });

  test('clients for its rooms wait for it', async () => {
    const relay = await WorkersRelay.start();
    const [first] = (await relay.hostOnEach()) as [Host, Host];
    const goOn = stop(relay, 1);
    await relay.cli.says('does not respond');
    const players = Array.from({ length: 20 }, () => Player.connect(relay.url, first.code));
    await fetch(`${relay.http}/health`);
    goOn();
    const outcomes = players.map(async ({ socket, closed }) =>
      Promise.race([closed, new Promise((resolve) => socket.once('open', () => resolve('open')))]),
    );
    expect(await Promise.all(outcomes)).toEqual(players.map(() => 'open'));
  });

  test('SIGTERM still ends the relay', { timeout: 60_000 }, async () => {
    const relay = await WorkersRelay.start();
    const [, second] = (await relay.hostOnEach()) as [Host, Host];
    stop(relay, 1);
    relay.cli.kill('SIGTERM');
    expect(await second.closed).toMatchObject({ code: 1012 });
    expect(await relay.cli.exited).toMatchObject({ code: 0, stderr: '' });
  });
});

test('clients do not wait for ever for a worker that cannot be started again', {
  timeout: 60_000,
}, async () => {
  const folder = await mkdtemp(join(tmpdir(), 'workers-'));
  const relay = await WorkersRelay.start(['--state-file', join(folder, 'rooms')]);
  const [first, second] = (await relay.hostOnEach({ hold: 60 })) as [Host, Host];
  await rm(folder, { recursive: true });
  process.kill(relay.processes[0] ?? 0, 'SIGKILL');
  await Promise.all([first.closed, relay.cli.says('worker ended')]);
  const player = Player.connect(relay.url, first.code);
  expect((await fetch(`${relay.http}/${first.code}`)).status).toBe(503);
  expect(await player.closed).toMatchObject({ code: 1012 });
  await joined(relay.url, second);
  await Host.open(relay.url);
  expect((await fetch(`${relay.http}/ready`)).status).toBe(200);
});
