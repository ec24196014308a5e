import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import type { RelayOptions } from '../../src/index.js';
import { Host, Player, seatKey, seatOf } from '../support/clients.js';
import { roomInfo, startRelay } from '../support/relay.js';

/** A host with a room that has these features. */
async function prepared(url: string, fields: object): Promise<Host> {
  const host = await Host.connect(url);
  host.command({ cmd: 'prepare', max_players: 8, name: 'Quiz', ...fields });
  const { key, resume = '' } = await host.until('prepare_reply');
  return Object.assign(host, { code: key, token: resume });
}

describe('a player about whom the host is asked', () => {
  /** A player who asks, and its id. */
  async function asks(url: string, host: Host, path = host.code) {
    const player = await Player.join(url, path);
    onTestFinished(() => player.cut());
    const { player: id } = await host.until('player_asks');
    return Object.assign(player, { id });
  }

  test('gets answers to its pings, and loses nothing of what it sends', async () => {
    const { url } = await startRelay();
    const host = await prepared(url, { ask: true });
    const player = await asks(url, host);
    player.socket.ping('are you there?');
    expect(String((await once(player.socket, 'pong'))[0])).toBe('are you there?');
    // Far more than is held before reading pauses.
    const data = Buffer.alloc(64 * 1024);
    for (let i = 0; i < 40; i++) {
      data.writeUInt32BE(i);
      player.send(data);
    }
    expect((await host.settled()).map(({ cmd }) => cmd)).toEqual(['state']);
    host.command({ cmd: 'admit', player: player.id });
    expect(await host.next()).toEqual({ cmd: 'player_joined', player: 1 });
    expect(await host.next()).toMatchObject({ cmd: 'state', players: [1], asking: [] });
    for (let i = 0; i < 40; i++) {
      const { data } = await host.next();
      expect([Buffer.from(data).readUInt32BE(), data.length]).toEqual([i, 64 * 1024]);
    }
  });

  test.each<[string, (player: Player) => unknown]>([
    ['closes', (player) => player.leave()],
    ['disconnects', (player) => player.cut()],
    [
      'says something and closes',
      (player) => {
        player.send('hello');
        return player.leave();
      },
    ],
    [
      'says something and disconnects',
      (player) => {
        player.send('hello');
        player.cut();
      },
    ],
  ])('%s, which frees its place, and the host is told', async (_, go) => {
    const { url } = await startRelay();
    const host = await prepared(url, { ask: true, hold: 60 });
    const player = await asks(url, host, seatOf(host, seatKey()));
    await go(player);
    expect(await host.until('player_left')).toEqual({ cmd: 'player_left', player: 1 });
    expect(await host.next()).toMatchObject({ cmd: 'state', players: [], asking: [] });
  });

  test('is connected for the page that looks after its seat', async () => {
    const { url, http } = await startRelay();
    const host = await prepared(url, { ask: true, hold: 60 });
    const key = seatKey();
    await asks(url, host, seatOf(host, key));
    const answer = await fetch(`${http}/${host.code}?format=json&seat=${key}`);
    expect(await answer.json()).toMatchObject({ players: 0, seat: 'connected' });
  });
});

describe('a password', () => {
  const WRONG = { code: 4011, reason: 'wrong password' };

  test('is asked for in the JSON of the room, and wrong ones count as wrong codes', async () => {
    const { url, http } = await startRelay({ limitLoopback: true, missesPerMinute: 3 });
    const host = await prepared(url, { password: 'ö pen' });
    expect(await roomInfo(http, host.code)).toMatchObject({ password: true });
    const attempt = (query: string) => Player.connect(url, host.code + query).closed;
    const player = await Player.join(url, `${host.code}?password=%C3%B6+pen`);
    onTestFinished(() => player.cut());
    await host.until('player_joined');
    expect(await attempt('')).toEqual(WRONG);
    for (let i = 0; i < 5; i++) expect(await attempt('?password=a')).toEqual(WRONG);
    expect(await attempt(`?password=${'a'.repeat(300)}`)).toEqual(WRONG);
    expect(await attempt('?password=%C3%B6+pen')).toMatchObject({ code: 4029 });
  });

  test('is in no log line and in no file, but is needed after a restart', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'relay-password-'));
    onTestFinished(() => rmSync(folder, { recursive: true }));
    const lines: unknown[] = [];
    const write = (...line: unknown[]): void => void lines.push(line);
    const options: RelayOptions = {
      stateFile: join(folder, 'state'),
      logger: { debug: write, info: write, warn: write, error: write },
    };
    const first = await startRelay(options);
    const host = await prepared(first.url, { password: 'sesame', hold: 60 });
    host.command({ cmd: 'prepare', max_players: 'x', password: 'sesame' });
    expect((await host.until('error')).reason).not.toContain('sesame');
    expect(await Player.connect(first.url, `${host.code}?password=sesam`).closed).toEqual(WRONG);
    await first.relay.close();
    const file = readFileSync(join(folder, 'state'), 'utf8');
    expect(file).toContain(host.code);
    expect(`${file} ${JSON.stringify(lines)}`).not.toContain('sesam');
    const { url } = await startRelay(options);
    expect(await Player.connect(url, host.code).closed).toEqual(WRONG);
    const again = await Host.resume(url, host);
    const reply = await again.until('prepare_reply');
    expect(reply.with).toContain('password');
    const player = await Player.join(url, `${host.code}?password=sesame`);
    onTestFinished(() => player.cut());
    await again.until('player_joined');
  });
});

describe('codes', () => {
  test('of six letters leave all other paths as they are', async () => {
    const { url, http } = await startRelay({ codeLength: 6 });
    const host = await Host.open(url);
    expect(host.code).toMatch(/^[^AEIOUY\W\d]{6}$/);
    const player = await Player.join(url, host.code.toLowerCase());
    onTestFinished(() => player.cut());
    await host.until('player_joined');
    expect(await (await fetch(`${http}/${host.code}`)).text()).toBe('test');
    const status = async (path: string) => (await fetch(http + path)).status;
    const paths = ['/health', '/ready', '/sketch', '/rtc.js', '/metrics', '/theme.css'];
    expect(await Promise.all(paths.map(status))).toEqual(paths.map(() => 200));
    expect(await status('/CREATE')).toBe(426);
    expect(await (await fetch(`${http}/AAAAAA`)).text()).toBe('Game not found');
    expect(await (await fetch(`${http}/AAAA`)).text()).toMatch(/^lobby-relay/);
  });

  test('are those that hosts choose, if they are free', async () => {
    const { url } = await startRelay({ customCodes: true, maxHold: 600 });
    const reply = async (fields: object) => {
      const host = await Host.connect(url);
      host.command({ cmd: 'prepare', max_players: 8, ...fields });
      return { host, reply: await host.until('prepare_reply') };
    };
    const { host, reply: first } = await reply({ code: 'funx' });
    expect(first).toMatchObject({ key: 'FUNX', with: expect.arrayContaining(['code']) });
    const player = await Player.join(url, 'FunX');
    onTestFinished(() => player.cut());
    await host.until('player_joined');
    const drawn = {
      key: expect.stringMatching(/^[^AEIOUY]{4}$/),
      with: expect.not.arrayContaining(['code']),
    };
    expect((await reply({ code: 'FUNX' })).reply).toMatchObject(drawn);
    await host.leave();
    await player.closed;
    for (const code of ['FUNX', 'FUN', 'FU X', '../x']) {
      expect((await reply({ code })).reply).toMatchObject(drawn);
    }
  });

  test('cannot be chosen unless the operator allows it', async () => {
    const { url } = await startRelay();
    const host = await prepared(url, { code: 'FUNX' });
    expect(host.code).toMatch(/^[^AEIOUY]{4}$/);
  });

  test('of another length are not restored', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'relay-codes-'));
    onTestFinished(() => rmSync(folder, { recursive: true }));
    const stateFile = join(folder, 'state');
    const first = await startRelay({ stateFile });
    const host = await Host.open(first.url, { hold: 60 });
    await first.relay.close();
    const { url, relay } = await startRelay({ stateFile, codeLength: 5 });
    expect(relay.rooms).toBe(0);
    expect(await Player.connect(url, host.code).closed).toMatchObject({ code: 4004 });
  });
});

test('round-trip times come at the pace that the host requests', async () => {
  const { url } = await startRelay();
  const host = await prepared(url, { times: 0.1 });
  const players = [await Player.join(url, host.code), await Player.join(url, host.code)];
  for (const player of players) onTestFinished(() => player.cut());
  const pings = Promise.all(players.map(({ socket }) => once(socket, 'ping')));
  const { players: times } = await host.until('times');
  expect(times).toEqual([
    [1, expect.any(Number)],
    [2, expect.any(Number)],
  ]);
  for (const [, time] of times) expect(Number.isInteger(time) && time >= 0).toBe(true);
  for (const [data] of await pings) expect(data).toHaveLength(8);
  expect(players.flatMap(({ inbox }) => inbox.rest)).toEqual([]);
});

test('a plain room sends its players no pings of its own', async () => {
  const { url } = await startRelay();
  const [plain, measured] = [await prepared(url, {}), await prepared(url, { times: 1 })];
  const player = await Player.join(url, plain.code);
  const other = await Player.join(url, measured.code);
  for (const each of [player, other]) onTestFinished(() => each.cut());
  let pings = 0;
  player.socket.on('ping', () => pings++);
  await measured.until('times');
  expect(pings).toBe(0);
});
