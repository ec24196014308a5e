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
  // Registered first, so it runs after all relays that may still write there have ended.
  onTestFinished(() => rmSync(directory, { recursive: true }));
});

/** Runs a relay with the state file until the test ends. */
async function start(
  options: readonly string[] = [],
  { path = file, ...setup }: RelayProcessSetup & { path?: string } = {},
): Promise<RelayProcess> {
  const relay = await RelayProcess.start(['--state-file', path, ...options], setup);
  onTestFinished(() => relay.stop());
  return relay;
}

/** A deployment: the relay closes all connections, and the next one takes over. */
async function restart(
  relay: RelayProcess,
  options: readonly string[] = [],
): Promise<RelayProcess> {
  relay.signal('SIGTERM');
  expect(await relay.ended).toEqual({ code: 0, signal: null });
  return start(options);
}

describe('a restart', () => {
  test('restores rooms and seats, and hosts and players reconnect to theirs', async () => {
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
    // A player who was disconnected before is not reported again.
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

  test('does not restore rooms without a reconnect window', async () => {
    const relay = await start();
    const host = await Host.open(relay.url);
    const player = await joined(relay.url, host, seatKey());
    const again = await restart(relay);
    expect(await host.closed).toEqual(RESTARTING);
    expect(await player.closed).toEqual(RESTARTING);
    expect(await Player.connect(again.url, host.code).closed).toMatchObject({ code: 4004 });
  });

  test('restores values, the size and bans, also for players who come before the host', async () => {
    const relay = await start();
    const host = await Host.open(relay.url, { hold: LONG, maxPlayers: 5 });
    const key = seatKey();
    const ana = await joined(relay.url, host, key);
    await joined(relay.url, host, seatKey());
    host.command({ cmd: 'to_str', to: [], data: 'seen', keep: 'phase' });
    expect(await ana.nextText()).toBe('seen');
    ana.cut();
    await host.until('player_away');
    host.command({ cmd: 'to', to: [], data: Buffer.from([0, 255]), keep: 'map' });
    host.command({ cmd: 'to_str', to: [1], data: 'you draw', keep: 'role' });
    host.command({ cmd: 'set', max_players: 1, name: 'small' });
    host.command({ cmd: 'to_str', to: [], data: 'forgotten', keep: 'word' });
    host.command({ cmd: 'to_str', to: [], keep: 'word' });
    await host.settled();

    const after = await restart(relay);
    // The buffer of the player is lost, but not the values that it has not seen.
    const back = await Player.join(after.url, seatOf(host, key));
    expect((await back.next()).data).toEqual(Buffer.from([0, 255]));
    expect(await back.nextText()).toBe('you draw');
    const reloaded = await Player.join(after.url, `${seatOf(host, key)}&values=all`);
    expect(await reloaded.nextText()).toBe('seen');
    expect((await reloaded.next()).data).toEqual(Buffer.from([0, 255]));
    expect(await reloaded.nextText()).toBe('you draw');
    const again = await Host.resume(after.url, host);
    const { state } = await again.untilState();
    expect(state).toMatchObject({ name: 'small', players: [1, 2], max_players: 1, away: [2] });
    again.command({ cmd: 'kick', player: 1, ban: true, reason: 'bye' });
    expect(await reloaded.closed).toEqual({ code: 4003, reason: 'bye' });
    again.command({ cmd: 'set', max_players: 5 });
    await again.settled();

    const third = await restart(after);
    const { url } = third;
    const banned = Player.connect(url, host.code);
    expect(await banned.closed).toEqual({ code: 4003, reason: 'kicked' });
  });

  test('twice in a row keeps players who had not reconnected in between', async () => {
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

  test('after kill -9 restores the last written state', async () => {
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

  test('ends rooms whose host does not resume, and removes them from the file', async () => {
    const relay = await start();
    // Long enough for the player to join first.
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

  test('into an overloaded relay does not refuse hosts and players who reconnect', async () => {
    const relay = await start();
    const host = await Host.open(relay.url, { hold: LONG });
    const key = seatKey();
    await joined(relay.url, host, key);
    relay.signal('SIGTERM');
    await relay.ended;
    // The usage of its heap is always above that.
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
  test('is readable by its owner only, and contains no payload, key or token', async () => {
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

  test('is readable by its owner only, whatever file was there before', async () => {
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
    ['is empty', '', 'not a state file'],
    ['is other text', 'hello\n', 'not a state file'],
    ['is other JSON', '{"rooms":0}\n{"rooms":0}\n', 'not a state file'],
    ['is bytes', Buffer.from([0, 255, 10, 13, 10]), 'not a state file'],
    ['is newer', `${first.replace('1', '2')}{"rooms":0}\n`, 'version 2'],
    ['is truncated between lines', first, 'last line is missing'],
    ['is truncated within a line', `${first}{"rooms":`, 'last line is missing'],
    ['has one room too few', `${first}{"rooms":1}\n`, 'last line is missing'],
    ['has an invalid room', `${first}{"code":"BCDF"}\n{"rooms":1}\n`, 'line 2'],
    ['has a line that is not an object', `${first}[\n{"rooms":1}\n`, 'line 2'],
    ['has a room that is null', `${first}null\n{"rooms":1}\n`, 'line 2'],
  ])('that %s is renamed, with one log line, and the relay works', async (_, content, reason) => {
    writeFileSync(file, content);
    const relay = await start();
    expect(relay.faults).toHaveLength(1);
    const said = JSON.parse(relay.faults[0] as string);
    expect(said).toMatchObject({
      path: `${file}.unreadable`,
      why: expect.stringContaining(reason),
    });
    expect(readFileSync(`${file}.unreadable`)).toEqual(Buffer.from(content));
    await works(relay);
    relay.signal('SIGTERM');
    expect(await relay.ended).toEqual({ code: 0, signal: null });
    expect(relay.faults).toHaveLength(1);
    expect(rooms()).toHaveLength(1);
  });

  test('is renamed if it is truncated at any byte', async () => {
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

  test('whose folder disappears is logged once and counted, and games continue', async () => {
    const folder = join(directory, 'folder');
    mkdirSync(folder);
    const relay = await start([], { path: join(folder, 'state') });
    rmSync(folder, { recursive: true });
    const host = await Host.open(relay.url, { hold: LONG });
    const player = await joined(relay.url, host, seatKey());
    // It tries again without logging again.
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

  test('stays as it was when the disk is full', async () => {
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
    // The disk has space again.
    await Host.open(again.url, { hold: LONG });
    await written(() => rooms().length > 1);
  });
});

test('many clients on faulty connections reconnect after a restart and after kill -9', async () => {
  const args = [SOAK, '--rooms', '20', '--players', '4', '--seconds', '2', '--seed', '1'];
  const { stdout } = await promisify(execFile)(process.execPath, args, { encoding: 'utf8' });
  expect(stdout).toContain('restart: passed');
}, 90_000);

/** Opens a room with a player who disconnects and reconnects. */
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

/** Waits until the file has a room that fulfils the condition. */
async function written(fits: (room: Room) => boolean): Promise<void> {
  while (!rooms().some(fits)) await new Promise((resolve) => setImmediate(resolve));
}
