import { expect, test } from 'vitest';
import { Host, joined, Player, seatKey } from '../support/clients.js';
import { startRelay } from '../support/relay.js';

const LIST = 'my-game.v2';

interface Listing {
  readonly list?: string;
  readonly listing?: string;
  readonly maxPlayers?: number;
  readonly hold?: number;
}

async function listed(
  url: string,
  { list = LIST, listing, maxPlayers = 2, hold = 0 }: Listing = {},
): Promise<Host> {
  const host = await Host.connect(url);
  host.command({ cmd: 'prepare', max_players: maxPlayers, name: 'Quiz', list, listing, hold });
  const { key, resume = '', with: features } = await host.until('prepare_reply');
  expect(features).toContain('list');
  return Object.assign(host, { code: key, token: resume });
}

async function rooms(http: string, query = ''): Promise<Record<string, unknown>[]> {
  const answer = await fetch(`${http}/rooms/${LIST}${query}`);
  expect(answer.status).toBe(200);
  return (await answer.json()) as Record<string, unknown>[];
}

const codes = async (http: string, query = '') =>
  (await rooms(http, query)).map(({ code }) => code);

test('a list shows the rooms that can be joined, the newest first, and is fresh on each request', async () => {
  const { url, http } = await startRelay({ list: true });
  expect(await rooms(http)).toEqual([]);
  const first = await listed(url, { listing: '{"level":"🧀"}', hold: 60 });
  const second = await listed(url);
  await listed(url, { list: 'other' });
  await Host.open(url);
  const described = { name: 'Quiz', players: 0, max_players: 2 };
  expect(await rooms(http)).toEqual([
    { ...described, code: second.code },
    { ...described, code: first.code, listing: '{"level":"🧀"}' },
  ]);
  // Full.
  await joined(url, second);
  expect(await rooms(http)).toMatchObject([{ code: second.code, players: 1 }, {}]);
  const player = await joined(url, second);
  expect(await codes(http)).toEqual([first.code]);
  await player.leave();
  await second.until('state');
  expect(await codes(http)).toEqual([second.code, first.code]);
  // Started, and open again.
  for (const [cmd, expected] of [
    ['start', [first.code]],
    ['open', [second.code, first.code]],
  ] as const) {
    second.command({ cmd });
    await second.settled();
    expect(await codes(http)).toEqual(expected);
  }
  // The host is disconnected, and resumes.
  first.cut();
  while ((await codes(http)).includes(first.code));
  const again = await Host.resume(url, first);
  await again.until('state');
  expect(await codes(http)).toEqual([second.code, first.code]);
  // Ended.
  second.command({ cmd: 'stop' });
  await second.closed;
  expect(await codes(http)).toEqual([first.code]);
});

test('a list has pages of a hundred rooms', async () => {
  const { url, http } = await startRelay({ list: true });
  const opened: string[] = [];
  for (let i = 0; i < 130; i++) opened.unshift((await listed(url)).code);
  expect(await codes(http)).toEqual(opened.slice(0, 100));
  expect(await codes(http, `?after=${opened[99]}`)).toEqual(opened.slice(100));
  expect(await codes(http, `?after=${opened[129]?.toLowerCase()}`)).toEqual([]);
  expect(await codes(http, '?after=nonsense')).toEqual([]);
});

test('a list has an ETag, may be cached for a second, and can be read from any page', async () => {
  const { url, http } = await startRelay({ list: true });
  await listed(url);
  const answer = await fetch(`${http}/rooms/${LIST}`);
  expect(answer.headers.get('cache-control')).toBe('max-age=1');
  expect(answer.headers.get('content-type')).toBe('application/json');
  expect(answer.headers.get('access-control-allow-origin')).toBe('*');
  const headers = { 'if-none-match': answer.headers.get('etag') ?? '' };
  const same = await fetch(`${http}/rooms/${LIST}`, { headers });
  expect([same.status, await same.text()]).toEqual([304, '']);
  await listed(url);
  expect((await fetch(`${http}/rooms/${LIST}`, { headers })).status).toBe(200);
  expect((await fetch(`${http}/rooms/${LIST}`, { method: 'POST' })).status).toBe(405);
});

test('quick join takes a seat in the fullest room, and a key the seat that it has', async () => {
  const { url } = await startRelay({ list: true });
  const fuller = await listed(url, { maxPlayers: 2, hold: 60 });
  const emptier = await listed(url, { maxPlayers: 4 });
  await joined(url, fuller);
  await joined(url, emptier);
  const key = seatKey();
  const path = `ANY?list=${LIST}&seat=${key}`;
  const ana = await Player.join(url, path);
  expect(await fuller.until('player_joined')).toMatchObject({ player: 2 });
  ana.cut();
  await fuller.until('player_away');
  const ben = await Player.join(url, `ANY?list=${LIST}`);
  expect(await emptier.until('player_joined')).toMatchObject({ player: 2 });
  await Player.join(url, path);
  expect(await fuller.until('player_back')).toMatchObject({ player: 2 });
  await ben.leave();
});

test('quick join passes by rooms from which the player was kicked', async () => {
  const { url } = await startRelay({ list: true });
  const fuller = await listed(url, { maxPlayers: 2, hold: 60 });
  const path = `ANY?list=${LIST}&seat=${seatKey()}`;
  const ana = await Player.join(url, path);
  await fuller.until('player_joined');
  await joined(url, fuller);
  const emptier = await listed(url, { maxPlayers: 4 });
  fuller.command({ cmd: 'kick', player: 1 });
  expect(await ana.closed).toMatchObject({ code: 4003 });
  await Player.join(url, path);
  expect(await emptier.until('player_joined')).toMatchObject({ player: 1 });
  emptier.command({ cmd: 'kick', player: 1, ban: true });
  await emptier.until('player_left');
  const again = await Player.join(url, `ANY?list=${LIST}`);
  expect(await fuller.until('player_joined')).toMatchObject({ player: 3 });
  await again.leave();
  await fuller.until('player_left');
  fuller.command({ cmd: 'stop' });
  await fuller.closed;
  const last = Player.connect(url, `ANY?list=${LIST}`);
  expect(await last.closed).toEqual({ code: 4004, reason: 'no such room' });
});

test('quick join ends with 4004 if no room can be joined', async () => {
  const { url, http } = await startRelay({ list: true });
  const host = await listed(url);
  host.command({ cmd: 'start' });
  await host.until('state');
  for (const path of [`ANY?list=${LIST}`, 'ANY?list=unknown', 'ANY', 'ANY?list=']) {
    const player = Player.connect(url, path);
    expect(await player.closed).toEqual({ code: 4004, reason: 'no such room' });
  }
  expect((await fetch(`${http}/ANY?list=${LIST}`)).status).toBe(426);
});

test('without --list there are no lists', async () => {
  const { url, http } = await startRelay();
  const host = await Host.connect(url);
  host.command({ cmd: 'prepare', max_players: 2, list: LIST, listing: 'x' });
  expect((await host.until('prepare_reply')).with).not.toContain('list');
  for (const path of [`/rooms/${LIST}`, `/ANY?list=${LIST}`]) {
    expect((await fetch(http + path)).status).toBe(404);
  }
  const player = Player.connect(url, `ANY?list=${LIST}`);
  expect((await player.closed).code).toBe(4004);
});
