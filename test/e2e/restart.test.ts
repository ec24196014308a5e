import { execFile } from 'node:child_process';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { beforeEach, describe, expect, onTestFinished, test } from 'vitest';
import { Host, joined, Player, seatKey, seatOf } from '../support/clients.js';
import { RelayProcess, type RelayProcessSetup } from '../support/relay-process.js';

const SOAK = fileURLToPath(new URL('../soak/restart.js', import.meta.url));

/** Longer than any test, in seconds. */
const LONG = 300;

const RESTARTING = { code: 1012, reason: 'relay restarting' };

let directory: string;
let file: string;

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'relay-state-'));
  file = join(directory, 'state');
  // First of all, and so after all relays that may still write there have ended.
  onTestFinished(() => rmSync(directory, { recursive: true }));
});

/** A relay that keeps its rooms in the file, until the test is over. */
async function start(
  options: readonly string[] = [],
  { path = file, ...setup }: RelayProcessSetup & { path?: string } = {},
): Promise<RelayProcess> {
  const relay = await RelayProcess.start(['--state-file', path, ...options], setup);
  onTestFinished(() => relay.stop());
  return relay;
}

/** A deploy: everybody is told, and the next relay takes over. */
async function restart(
  relay: RelayProcess,
  options: readonly string[] = [],
): Promise<RelayProcess> {
  relay.signal('SIGTERM');
  expect(await relay.ended).toEqual({ code: 0, signal: null });
  return start(options);
}

describe('a restart', () => {
  test('brings rooms and seats back, and everybody into theirs', async () => {
    const relay = await start();
    const host = await Host.open(relay.url, { hold: LONG, maxPlayers: 5, name: 'Trivia ☂' });
    const keys = [seatKey(), seatKey(), seatKey(), seatKey()];
    const [kicked, , gone] = keys as [string, string, string, string];
    const players = [];
    for (const key of keys) players.push(await joined(relay.url, host, key));
    const keyless = await joined(relay.url, host);
    host.command({ cmd: 'kick', player: 1 });
    await host.until('player_left');
    players[2]?.cut();
    await host.until('player_away');
    host.command({ cmd: 'start' });
    await host.until('state');

    const next = restart(relay);
    for (const { closed } of [host, keyless, players[1], players[3]] as Host[]) {
      expect(await closed).toEqual(RESTARTING);
    }
    const after = await next;
    const { url } = after;
    expect(await after.get(`/${host.code}`)).toMatchObject({ status: 200, body: 'Trivia ☂' });
    const back = await Player.join(url, seatOf(host, keys[1] as string));
    back.send('before the host');
    const again = await Host.resume(url, host);
    expect(await again.next()).toEqual({
      cmd: 'prepare_reply',
      key: host.code,
      resume: host.token,
      resumed: true,
    });
    // Who was away before is away still, as the host has heard.
    const { before } = await again.untilState();
    expect(before.slice(0, 3)).toEqual([
      { cmd: 'player_away', player: 2 },
      { cmd: 'player_away', player: 4 },
      { cmd: 'player_left', player: 5 },
    ]);
    await again.settled();
    const late = Player.connect(url, host.code);
    expect(await late.closed, 'it had started').toMatchObject({ code: 4009 });
    const banned = Player.connect(url, seatOf(host, kicked));
    expect(await banned.closed).toMatchObject({ code: 4003 });

    again.command({ cmd: 'to_str', to: [], data: 'go on' });
    expect(await back.nextText()).toBe('go on');
    const third = await Player.join(url, seatOf(host, gone));
    expect(await again.until('player_back')).toEqual({ cmd: 'player_back', player: 3 });
    expect(await again.next()).toEqual({
      cmd: 'state',
      name: 'Trivia ☂',
      players: [2, 3, 4],
      max_players: 5,
      accept_conns: false,
      away: [4],
    });
    expect(await third.nextText(), 'kept since the restart').toBe('go on');
    again.command({ cmd: 'open' });
    expect((await joined(url, again)).id, 'ids go on').toBe(6);
  });

  test('brings nothing back of rooms that do not wait', async () => {
    const relay = await start();
    const host = await Host.open(relay.url);
    const player = await joined(relay.url, host, seatKey());
    const again = await restart(relay);
    expect(await host.closed).toEqual(RESTARTING);
    expect(await player.closed).toEqual(RESTARTING);
    expect(await Player.connect(again.url, host.code).closed).toMatchObject({ code: 4004 });
  });

  test('twice in a row loses nobody who was not back yet', async () => {
    let relay = await start();
    const host = await Host.open(relay.url, { hold: LONG });
    const key = seatKey();
    await joined(relay.url, host, key);
    relay = await restart(relay);
    relay = await restart(relay);
    const again = await Host.resume(relay.url, host);
    expect(await again.until('state')).toMatchObject({ players: [1], away: [1] });
    await Player.join(relay.url, seatOf(host, key));
    expect(await again.until('player_back')).toMatchObject({ player: 1 });
  });

  test('by kill -9 brings back what was written last', async () => {
    const relay = await start();
    const host = await Host.open(relay.url, { hold: LONG });
    const key = seatKey();
    await joined(relay.url, host, key);
    await joined(relay.url, host);
    await written(({ seats }) => seats.length === 2);
    await relay.stop();
    const { url } = await start();
    const player = await Player.join(url, seatOf(host, key));
    const again = await Host.resume(url, host);
    await again.until('prepare_reply');
    expect(await again.next()).toEqual({ cmd: 'player_away', player: 1 });
    expect(await again.next()).toEqual({ cmd: 'player_left', player: 2 });
    expect(await again.until('player_back')).toEqual({ cmd: 'player_back', player: 1 });
    again.command({ cmd: 'to_str', to: [], data: 'hello' });
    expect(await player.nextText()).toBe('hello');
  });

  test('ends rooms that nobody returns to, and forgets them', async () => {
    const relay = await start();
    // Long enough for the player to be there before.
    const host = await Host.open(relay.url, { hold: 3 });
    const key = seatKey();
    await joined(relay.url, host, key);
    const again = await restart(relay);
    const player = await Player.join(again.url, seatOf(host, key));
    expect(await player.closed).toEqual({ code: 4010, reason: 'host gone' });
    expect(await (await Host.resume(again.url, host)).closed).toMatchObject({ code: 4004 });
    while (rooms().length > 0) await again.get('/health');
    const third = await restart(again);
    expect(await (await Host.resume(third.url, host)).closed).toMatchObject({ code: 4004 });
  });

  test('into a relay that has too much to do keeps out nobody who has a place', async () => {
    const relay = await start();
    const host = await Host.open(relay.url, { hold: LONG });
    const key = seatKey();
    await joined(relay.url, host, key);
    relay.signal('SIGTERM');
    await relay.ended;
    // Its heap is always fuller than that.
    const busy = await start(['--max-heap', '1'], { node: ['--max-old-space-size=64'] });
    while ((await busy.get('/ready')).status !== 503);
    const { url } = busy;
    const full = { code: 1013, reason: 'relay full' };
    expect(await Player.connect(url, host.code).closed).toEqual(full);
    expect(await (await Host.connect(url)).closed).toEqual(full);
    const player = await Player.join(url, seatOf(host, key));
    const again = await Host.resume(url, host);
    await again.until('player_back');
    again.command({ cmd: 'to_str', to: [], data: 'the party goes on' });
    expect(await player.nextText()).toBe('the party goes on');
  });
});

describe('the state file', () => {
  test('is for its owner only, and holds no payload, key or token', async () => {
    const relay = await start();
    const host = await Host.open(relay.url, { hold: LONG });
    const [key, away] = [seatKey(), seatKey()];
    const player = await joined(relay.url, host, key);
    (await joined(relay.url, host, away)).cut();
    await host.until('player_away');
    host.command({ cmd: 'to_str', to: [], data: 'for all who are away' });
    player.send('for the host');
    await host.until('from_str');
    await written(({ seats }) => seats.some((seat: { away: boolean }) => seat.away));
    const running = readFileSync(file, 'utf8');
    expect(statSync(file).mode & 0o777).toBe(0o600);
    relay.signal('SIGTERM');
    await relay.ended;
    expect(statSync(file).mode & 0o777).toBe(0o600);
    for (const text of [running, readFileSync(file, 'utf8')]) {
      for (const secret of [key, away, host.token, 'for all', 'for the host']) {
        expect(text).not.toContain(secret);
      }
    }
  });

  test('is for its owner only, whatever lay in its place', async () => {
    for (const suffix of ['', '.draft', '.last']) {
      writeFileSync(`${file}${suffix}`, '', { mode: 0o644 });
    }
    const relay = await start();
    await Host.open(relay.url, { hold: LONG });
    await written(() => true);
    expect(statSync(file).mode & 0o777).toBe(0o600);
    relay.signal('SIGTERM');
    await relay.ended;
    expect(statSync(file).mode & 0o777).toBe(0o600);
  });

  const first = '{"format":"lobby-relay state","version":1}\n';
  test.each([
    ['is empty', '', 'no state file'],
    ['is something else', 'hello\n', 'no state file'],
    ['is JSON of somebody else', '{"rooms":0}\n{"rooms":0}\n', 'no state file'],
    ['is bytes', Buffer.from([0, 255, 10, 13, 10]), 'no state file'],
    ['is newer', `${first.replace('1', '2')}{"rooms":0}\n`, 'version 2'],
    ['is cut off between lines', first, 'end is missing'],
    ['is cut off within a line', `${first}{"rooms":`, 'end is missing'],
    ['has a room too few', `${first}{"rooms":1}\n`, 'end is missing'],
    ['has a room that is none', `${first}{"code":"BCDF"}\n{"rooms":1}\n`, 'line 2'],
    ['has a line that is no object', `${first}[\n{"rooms":1}\n`, 'line 2'],
    ['has a room that is null', `${first}null\n{"rooms":1}\n`, 'line 2'],
  ])('that %s is set aside, in one line, and the relay works', async (_, content, why) => {
    writeFileSync(file, content);
    const relay = await start();
    expect(relay.faults).toHaveLength(1);
    const said = JSON.parse(relay.faults[0] as string);
    expect(said).toMatchObject({ path: `${file}.unreadable`, why: expect.stringContaining(why) });
    expect(readFileSync(`${file}.unreadable`)).toEqual(Buffer.from(content));
    await works(relay);
    relay.signal('SIGTERM');
    expect(await relay.ended).toEqual({ code: 0, signal: null });
    expect(relay.faults).toHaveLength(1);
    expect(rooms()).toHaveLength(1);
  });

  test('of a relay that ran is set aside wherever it is cut off', async () => {
    const relay = await start();
    const host = await Host.open(relay.url, { hold: LONG });
    for (let i = 0; i < 3; i++) await joined(relay.url, host, seatKey());
    relay.signal('SIGTERM');
    await relay.ended;
    const whole = readFileSync(file);
    for (const length of [1, 20, whole.length >> 1, whole.length - 15, whole.length - 1]) {
      writeFileSync(file, whole.subarray(0, length));
      const again = await start();
      expect(again.faults).toHaveLength(1);
      expect(await again.get(`/${host.code}`)).toMatchObject({ status: 404 });
      await again.stop();
    }
  });

  test.each([
    ['in a directory that is not there', () => join(directory, 'nowhere', 'state')],
    ['in what is no directory', () => join(fileIn(directory), 'state')],
    ['that is a directory', () => directoryIn(directory)],
  ])('%s is complained of once, counted, and games go on', async (_, pathOf) => {
    const path = pathOf();
    const relay = await start([], { path });
    const host = await Host.open(relay.url, { hold: LONG });
    const player = await joined(relay.url, host, seatKey());
    // It tries again, and says nothing more.
    while ((await relay.metric('lobby_relay_state_errors_total')) < 2);
    expect(relay.faults).toHaveLength(1);
    expect(relay.faults[0]).toContain('state file');
    player.send('the party goes on');
    expect(await host.until('from_str')).toMatchObject({ data: 'the party goes on' });
    relay.signal('SIGTERM');
    expect(await relay.ended).toEqual({ code: 0, signal: null });
    expect(await player.closed).toEqual(RESTARTING);
    expect(relay.faults).toHaveLength(1);
  });

  test('that the disk has no more room for stays as it was', async () => {
    const relay = await start([], { fileSize: 2048 });
    const host = await Host.open(relay.url, { hold: LONG });
    await joined(relay.url, host, seatKey());
    await written(({ seats }) => seats.length === 1);
    const more = [];
    for (let i = 0; i < 20; i++) more.push(await Host.open(relay.url, { hold: LONG }));
    while ((await relay.metric('lobby_relay_state_errors_total')) < 2);
    expect(relay.faults).toHaveLength(1);
    expect(JSON.parse(relay.faults[0] as string).err.code).toBe('EFBIG');
    expect(rooms().length).toBeLessThan(20);
    relay.signal('SIGTERM');
    expect(await relay.ended).toEqual({ code: 0, signal: null });
    const again = await start();
    expect(again.faults).toEqual([]);
    expect(await again.get(`/${host.code}`)).toMatchObject({ status: 200 });
    // There is room again.
    await Host.open(again.url, { hold: LONG });
    await written(() => rooms().length > 1);
  });
});

test('a small crowd on bad lines comes back from a restart and from kill -9', async () => {
  const args = [SOAK, '--rooms', '20', '--players', '4', '--seconds', '2', '--seed', '1'];
  const { stdout } = await promisify(execFile)(process.execPath, args, { encoding: 'utf8' });
  expect(stdout).toContain('restart: passed');
}, 90_000);

/** Opens a room, and has somebody in it who is cut off and back. */
async function works({ url }: RelayProcess): Promise<void> {
  const host = await Host.open(url, { hold: LONG });
  const key = seatKey();
  (await joined(url, host, key)).cut();
  await host.until('player_away');
  await Player.join(url, seatOf(host, key));
  await host.until('player_back');
}

// biome-ignore lint/suspicious/noExplicitAny: read as somebody else would
type Room = any;

/** The rooms in the file now; none if there is no file. */
function rooms(): Room[] {
  if (!existsSync(file)) return [];
  const lines = readFileSync(file, 'utf8').trim().split('\n').slice(1, -1);
  return lines.map((line) => JSON.parse(line));
}

/** Waits until a room is written that is as it should be. */
async function written(fits: (room: Room) => boolean): Promise<void> {
  while (!rooms().some(fits)) await new Promise((resolve) => setImmediate(resolve));
}

function fileIn(path: string): string {
  const inside = join(path, 'file');
  writeFileSync(inside, '');
  return inside;
}

function directoryIn(path: string): string {
  const inside = join(path, 'directory');
  mkdirSync(inside);
  return inside;
}
