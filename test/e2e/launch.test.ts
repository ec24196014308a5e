import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, onTestFinished, test } from 'vitest';
import type { RelayOptions } from '../../src/index.js';
import { Cli } from '../support/cli.js';
import { Host, joined, Player } from '../support/clients.js';
import { isAlive } from '../support/is-alive.js';
import { type RunningRelay, startRelay } from '../support/relay.js';
import { RelayProcess } from '../support/relay-process.js';
import { LINUX, POSIX } from '../support/tools.js';
import { WorkersRelay } from '../support/workers.js';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const PROGRAM = fileURLToPath(new URL('../support/launched-server.mjs', import.meta.url));

/** A game whose servers have this behaviour. */
function game(behaviour: string, rest: object = {}): object {
  const command = [process.execPath, PROGRAM, behaviour];
  return {
    launcher: { type: 'command', command, directory: ROOT, stopGrace: 0.2 },
    ready: 'http',
    players: 2,
    maxServers: 2,
    ports: '41000-41009',
    ...rest,
  };
}

const ROOM = { ready: 'room', ports: undefined };

/** Writes a configuration file, which is removed at the end of the test. */
function configFile(config: unknown): string {
  const folder = mkdtempSync(join(tmpdir(), 'launch-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const file = join(folder, 'launch.json');
  writeFileSync(file, typeof config === 'string' ? config : JSON.stringify(config));
  return file;
}

interface Line {
  readonly msg: string;
  readonly line?: string;
  readonly server?: string;
  readonly why?: string;
}

interface LaunchingRelay extends RunningRelay {
  readonly lines: Line[];
  /** Waits until a line of the log matches, and returns it. */
  waitForLog(pattern: RegExp): Promise<Line>;
  /** Requests a place, and returns the data of the last event. */
  play(name: string): Promise<Record<string, Record<string, string>>>;
}

/** A relay that starts servers of these games. */
async function startRelayWithGames(
  games: object,
  options: RelayOptions = {},
): Promise<LaunchingRelay> {
  const launchConfig = configFile({ publicIp: '127.0.0.1', games });
  const lines: Line[] = [];
  const waiting: { pattern: RegExp; found: (line: Line) => void }[] = [];
  const textOf = ({ msg, line = '', why = '' }: Line): string => `${msg}: ${line}${why}`;
  const write = (fields: object, msg: string): void => {
    const line = { ...fields, msg };
    lines.push(line);
    for (const { pattern, found } of waiting) if (pattern.test(textOf(line))) found(line);
  };
  const logger = { debug: write, info: write, warn: write, error: write } as never;
  const relay = await startRelay({ launchConfig, logger, ...options });
  return {
    ...relay,
    lines,
    waitForLog(pattern) {
      const line = lines.find((each) => pattern.test(textOf(each)));
      if (line !== undefined) return Promise.resolve(line);
      return new Promise((found) => waiting.push({ pattern, found }));
    },
    play: (name) => play(relay.http, name),
  };
}

/** Requests a place, and returns the data of the last event. */
async function play(http: string, name: string): Promise<Record<string, Record<string, string>>> {
  const answer = await fetch(`${http}/matchmaker/play/${name}`, { method: 'POST' });
  const [last = ''] = (await answer.text())
    .split('\n')
    .filter((line) => line.startsWith('data:'))
    .slice(-1);
  return JSON.parse(last.slice('data:'.length));
}

async function pidOf({ waitForLog }: LaunchingRelay): Promise<number> {
  const { line = '' } = await waitForLog(/^game server output: pid/);
  return Number(line.split(' ')[1]);
}

test('a server is started for a player, reports that it is ready, and ends with the relay', async () => {
  const running = await startRelayWithGames({ 'tanks/1': game('serve') });
  expect(await running.play('tanks')).toMatchObject({
    server: { ip: '127.0.0.1', port: 41_000, cert_digest: Array(32).fill('ab').join(':') },
  });
  expect(await running.waitForLog(/output: context/)).toMatchObject({
    line: 'context 127.0.0.1-41000',
  });
  const pid = await pidOf(running);
  await running.relay.close();
  expect(isAlive(pid)).toBe(false);
  expect(running.lines.map(({ msg }) => msg)).toContain('game server ended');
});

test('a server that ignores SIGTERM ends with the relay, too', async () => {
  const running = await startRelayWithGames({ 'tanks/1': game('stubborn') });
  await running.play('tanks');
  const pid = await pidOf(running);
  await running.relay.close();
  expect(isAlive(pid)).toBe(false);
});

test('servers of a relay that is killed end, too', POSIX, async () => {
  const file = configFile({ publicIp: '127.0.0.1', games: { 'tanks/1': game('stubborn') } });
  const relay = await RelayProcess.start(['--launch-config', file, '--log-level', 'debug']);
  onTestFinished(() => relay.stop());
  const answer = await fetch(`${relay.http}/matchmaker/play/tanks`, { method: 'POST' });
  await answer.text();
  const pid = Number(/"line":"pid (\d+)"/.exec(relay.log)?.[1]);
  expect(isAlive(pid)).toBe(true);
  relay.signal('SIGKILL');
  await expect.poll(() => isAlive(pid)).toBe(false);
});

test('no secret is in the log, in the metrics or among the processes', LINUX, async () => {
  const running = await startRelayWithGames({ 'tanks/1': game('leak') });
  await running.play('tanks');
  const pid = await pidOf(running);
  await running.waitForLog(/output: LAUNCH_CREATE_URL/);
  const environment = readFileSync(`/proc/${pid}/environ`, 'utf8').split('\0');
  const secrets = environment
    .filter((line) => /^(LAUNCH|ARBITRIUM)\w*_(TOKEN|CREATE_URL)=/.test(line))
    .map((line) => line.split(/=|\./).at(-1) ?? '');
  expect(secrets).toHaveLength(4);
  const metrics = await (await fetch(`${running.http}/metrics`)).text();
  const commandLine = readFileSync(`/proc/${pid}/cmdline`, 'utf8');
  const shown = `${JSON.stringify(running.lines)}${metrics}${commandLine}`;
  expect(shown).toContain('LAUNCH_TOKEN=[secret]');
  expect(secrets.filter((secret) => shown.includes(secret))).toEqual([]);
});

test('a server can request its end', async () => {
  const { play, waitForLog } = await startRelayWithGames({ 'tanks/1': game('end') });
  await play('tanks');
  // The token for reports does not allow it.
  expect(await waitForLog(/output: DELETE/)).toMatchObject({ line: 'DELETE  404' });
  await waitForLog(/^game server ended: it asked to be ended/);
});

describe('a server', () => {
  test('that exits at once causes an error for its player', async () => {
    const { play, waitForLog } = await startRelayWithGames({ 'tanks/1': game('die') });
    expect(await play('tanks')).toMatchObject({ status: 500 });
    await waitForLog(/^game server ended: exited with code 9/);
  });

  test('that does not report in time is ended', async () => {
    const running = await startRelayWithGames({ 'tanks/1': game('hang', { readyTime: 1 }) });
    expect(await running.play('tanks')).toMatchObject({ status: 408 });
    await running.waitForLog(/^game server ended/);
    expect(isAlive(await pidOf(running))).toBe(false);
  });
});

test('servers that are started for one address are limited in the same way as rooms', async () => {
  const options = { roomsPerMinute: 1, limitLoopback: true };
  const { play } = await startRelayWithGames({ 'tanks/1': game('serve') }, options);
  const answers = [await play('tanks'), await play('tanks'), await play('tanks')];
  expect(answers.map(({ status }) => status)).toEqual([undefined, undefined, 429]);
});

describe('a headless host', () => {
  test('opens a room, which the player joins', async () => {
    const games = { 'quiz/1': game('host', ROOM) };
    // These options do not apply to servers that the relay has started itself.
    const options = { createToken: 'a-token', roomsPerMinute: 1, limitLoopback: true };
    const { url, play, waitForLog } = await startRelayWithGames(games, options);
    const { room } = await play('quiz');
    expect(room).toEqual({ code: expect.stringMatching(/^[A-Z]{4}$/) });
    const player = await Player.join(url, room?.['code'] ?? '');
    player.send('stop');
    expect(await player.closed).toMatchObject({ code: 4000 });
    await waitForLog(/^game server ended: its room has ended/);
  });

  test('opens a room of a relay with workers, which have the rooms of others', async () => {
    const games = { 'quiz/1': game('host', ROOM) };
    const file = configFile({ publicIp: '127.0.0.1', games });
    const { url, http, cli } = await WorkersRelay.start(['--launch-config', file]);
    const { room } = await play(http, 'quiz');
    const code = room?.['code'] ?? '';
    const player = await Player.join(url, code);
    expect(await (await fetch(`${http}/${code}`)).text()).toBe('quiz');
    await joined(url, await Host.open(url));
    player.send('stop');
    expect(await player.closed).toMatchObject({ code: 4000 });
    await cli.says('game server ended');
  });

  test('opens one room', async () => {
    const { url, play, waitForLog, lines } = await startRelayWithGames({
      'quiz/1': game('host', ROOM),
    });
    await play('quiz');
    const { server = '' } = await waitForLog(/^game server ready/);
    const wrong = await Host.connect(url, `?launch=${server}.x`);
    expect(await wrong.closed).toMatchObject({ code: 1008 });
    expect(lines.filter(({ msg }) => msg === 'room opened')).toHaveLength(1);
  });
});

describe('the room of a headless host', () => {
  test('ends with its host, because no other process can resume it', POSIX, async () => {
    const running = await startRelayWithGames({ 'quiz/1': game('host', ROOM) });
    const { room } = await running.play('quiz');
    const player = await Player.join(running.url, room?.['code'] ?? '');
    process.kill(await pidOf(running), 'SIGKILL');
    expect(await player.closed).toMatchObject({ code: 4010 });
  });

  test('is not in the state file after a restart', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'launch-'));
    onTestFinished(() => rmSync(folder, { recursive: true }));
    const stateFile = join(folder, 'state');
    const { play, relay, url } = await startRelayWithGames(
      { 'quiz/1': game('host', ROOM) },
      { stateFile },
    );
    const { room } = await play('quiz');
    const code = room?.['code'] ?? '';
    const player = await Player.join(url, code);
    await relay.close();
    expect(await player.closed).toMatchObject({ code: 4010 });
    const { http } = await startRelay({ stateFile });
    expect((await fetch(`${http}/${code}`)).status).toBe(404);
  });
});

describe('the API for servers', () => {
  test('has the same answer for every invalid id and token, and counts them', async () => {
    const options = { limitLoopback: true, missesPerMinute: 5 };
    const { http, play, waitForLog } = await startRelayWithGames(
      { 'tanks/1': game('serve') },
      options,
    );
    await play('tanks');
    const { server } = await waitForLog(/^game server ready/);
    const statuses: number[] = [];
    const headers = { authorization: 'Bearer x' };
    for (const id of [server, 'a', 'b', 'c', 'd', 'e', 'f']) {
      const answer = await fetch(`${http}/launch/${id}/context`, { headers });
      statuses.push(answer.status);
    }
    expect(statuses).toEqual([404, 404, 404, 404, 404, 429, 429]);
    const room = await Host.connect(`${http.replace('http', 'ws')}`, `?launch=${server}.x`);
    expect(await room.closed).toMatchObject({ code: 4029 });
  });

  test.each([
    ['GET', 'x', 405],
    ['POST', 'x/context', 405],
    ['PUT', 'x/ready', 405],
    ['POST', 'x/players/7', 405],
    ['GET', 'x/other', 404],
    ['DELETE', 'x', 404],
    ['PUT', 'x/players/7', 404],
    ['OPTIONS', 'x/players/7', 204],
  ])('answers %s /launch/%s with %i', async (method, path, status) => {
    const { http } = await startRelayWithGames({ 'tanks/1': game('serve') });
    const answer = await fetch(`${http}/launch/${path}`, { method });
    expect(answer.status).toBe(status);
  });

  test('refuses a large body', async () => {
    const { http } = await startRelayWithGames({ 'tanks/1': game('serve') });
    const body = 'x'.repeat(4097);
    const answer = await fetch(`${http}/launch/x/ready`, { method: 'POST', body });
    expect(answer.status).toBe(413);
  });

  test('does not exist without a configuration', async () => {
    const { http } = await startRelay();
    for (const [method, status] of [
      ['GET', 404],
      ['OPTIONS', 204],
      ['POST', 405],
    ] as const) {
      const answer = await fetch(`${http}/launch/x/ready`, { method });
      expect([method, answer.status]).toEqual([method, status]);
    }
  });
});

test.each([
  [
    '{',
    /^lobby-relay: --launch-config: \S+launch\.json: expected JSON; there is an error at line 1, column 2\n$/,
  ],
  [
    { games: { 'a/1': { players: 1 } } },
    /^lobby-relay: --launch-config: \S+: games\["a\/1"\]\.launcher: expected an object, got nothing\n$/,
  ],
  [
    {
      publicIp: '::1',
      games: {
        'a/1': game('x', { launcher: { type: 'command', command: ['./none'], directory: '/' } }),
      },
    },
    /^lobby-relay: --launch-config: \S+: games\["a\/1"\]\.launcher: command\[0\]: there is no program \/none that the relay may run\n$/,
  ],
])('the relay exits with one line if the configuration is invalid: %j', async (config, line) => {
  const cli = new Cli(['--port', '0', '--launch-config', configFile(config)]);
  const { code, stderr } = await cli.exited;
  expect(stderr).toMatch(line);
  expect(code).not.toBe(0);
});

test.each([
  ['wmbp', /players ask for game servers in bevygap, which is not in --dialects$/],
  ['bevygap', /games\["quiz\/1"\]\.ready: "room" needs wmbp in --dialects$/],
])('a configuration that cannot be used with --dialects %s is refused', async (dialects, text) => {
  const games = { 'quiz/1': game('host', ROOM) };
  await expect(startRelayWithGames(games, { dialects })).rejects.toThrow(text);
});

test('the relay exits if the configuration does not exist', async () => {
  const { stderr } = await new Cli(['--launch-config', '/nowhere/launch.json']).exited;
  expect(stderr).toBe('lobby-relay: --launch-config: cannot read /nowhere/launch.json (ENOENT)\n');
});
