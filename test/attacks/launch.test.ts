import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, request } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { afterAll, expect } from 'vitest';
import { WebSocket } from 'ws';
import type { RelayProcess } from '../support/relay-process.js';
import { arena } from './arena.js';
import { eventually, type From, freshAddress, get, openSocket } from './attackers.js';

/* Requests for game servers, whose launchers and servers fail in every way. */

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const PROGRAM = fileURLToPath(new URL('../support/launched-server.mjs', import.meta.url));

const MAX_SERVERS = 2;

/** A game whose servers behave like this. */
const command = (behaviour: string, rest: object = {}): object => ({
  launcher: {
    type: 'command',
    command: [process.execPath, PROGRAM, behaviour],
    directory: ROOT,
    stopGrace: 0.2,
  },
  ready: 'http',
  players: 100,
  maxServers: MAX_SERVERS,
  emptyTime: 0,
  readyTime: 60,
  ports: '41100-41199',
  ...rest,
});

/** A service that answers with noise, with JSON that is none of its own, or not at all. */
const NONSENSE = ['\0\xff<html>', '[]', '{"session_id":7}', '{'.repeat(200_000), undefined];
let calls = 0;
const service = createServer((_, response) => {
  const answer = NONSENSE[calls++ % NONSENSE.length];
  if (answer === undefined) response.write('{"session_id":"');
  else response.end(answer);
}).listen(0, '127.0.0.1');
await once(service, 'listening');

const folder = mkdtempSync(join(tmpdir(), 'attacks-'));
const file = join(folder, 'launch.json');
writeFileSync(join(folder, 'secret'), 'secret');
const { port } = service.address() as AddressInfo;
const games = {
  'hang/1': command('hang'),
  'late/1': command('hang', { readyTime: 1 }),
  'die/1': command('die'),
  'stubborn/1': command('stubborn', { players: 1, maxServers: 4, claimTime: 1 }),
  'nonsense/1': {
    launcher: {
      type: 'http',
      url: `http://127.0.0.1:${port}`,
      authorization: { file: 'secret' },
      requestTimeout: 1,
    },
    ready: 'launcher',
    players: 1,
    maxServers: 10,
  },
};
writeFileSync(file, JSON.stringify({ publicIp: '127.0.0.1', defaultGame: 'hang/1', games }));
afterAll(() => {
  service.closeAllConnections();
  service.close();
  rmSync(folder, { recursive: true });
});

const attack = arena(['--launch-config', file], { oldSpace: 64 });

/** Requests of one flood: more than an address may make in a minute. */
const FLOOD = 500;

/** No less than one address can make in the time that a flood takes on a busy machine. */
const MOST_ACCEPTED = 400;

interface Posted {
  readonly status: number;
  readonly body: string;
}

/** A POST, and its whole answer, or its first lines. */
async function post(
  relay: RelayProcess,
  path: string,
  { from = freshAddress(), onlyStatus = false }: From & { readonly onlyStatus?: boolean } = {},
): Promise<Posted> {
  const asked = request({
    port: relay.port,
    host: '127.0.0.1',
    path,
    method: 'POST',
    localAddress: from,
    agent: false,
  });
  asked.end();
  const [answer] = await once(asked, 'response');
  if (!onlyStatus) return { status: answer.statusCode, body: await text(answer) };
  answer.destroy();
  return { status: answer.statusCode, body: '' };
}

const play = (relay: RelayProcess, game: string): Promise<Posted> =>
  post(relay, `/matchmaker/play/${game}`);

/** Game servers that have not ended. */
const servers = (relay: RelayProcess, game: string): Promise<number> =>
  relay.metric('lobby_relay_launch_servers', `game="${game}/1"`);

const waiting = (relay: RelayProcess): Promise<number> =>
  relay.metric('lobby_relay_launch_sessions', 'game="hang/1",state="waiting"');

const none = (count: number): boolean => count === 0;

const ERROR = (status: number): RegExp =>
  new RegExp(`event: error\\ndata: .*"status":${status}\\b`);

/** Nobody waits any more, and servers that nobody needs have ended. */
async function isQuiet(relay: RelayProcess): Promise<void> {
  await eventually(() => waiting(relay), none);
  await eventually(() => servers(relay, 'hang'), none);
}

for (const path of ['/matchmaker/play/hang', '/matchmaker/request/hang/1']) {
  attack(`${FLOOD} requests of one address at ${path} that leave at once`, async ({ relay }) => {
    const from = freshAddress();
    const answers = Array.from({ length: FLOOD }, () =>
      post(relay, path, { from, onlyStatus: true }),
    );
    const statuses = (await Promise.all(answers)).map(({ status }) => status);
    expect(statuses.filter((status) => status === 200).length).toBeLessThanOrEqual(MOST_ACCEPTED);
    expect(statuses.filter((status) => ![200, 429, 503].includes(status))).toEqual([]);
    expect(await servers(relay, 'hang')).toBeLessThanOrEqual(MAX_SERVERS);
    await isQuiet(relay);
  });
}

attack(`${FLOOD} requests of one address at wannaplay, which wait`, async ({ relay }) => {
  const from = freshAddress();
  const sockets = await Promise.all(
    Array.from({ length: FLOOD }, () => openSocket(relay, { from })),
  );
  let refused = 0;
  for (const socket of sockets) {
    socket.once('data', () => refused++);
    socket.write('POST /matchmaker/wannaplay HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\n\r\n');
  }
  await eventually(
    async () => refused + (await waiting(relay)),
    (count) => count === FLOOD,
  );
  expect(await waiting(relay)).toBeLessThanOrEqual(MOST_ACCEPTED);
  for (const socket of sockets) socket.destroy();
  await isQuiet(relay);
});

attack(`${FLOOD} WebSockets of one address that ask and wait`, async ({ relay }) => {
  const from = freshAddress();
  const last = Array.from({ length: FLOOD }, async () => {
    const socket = new WebSocket(`${relay.url}/matchmaker/ws`, { localAddress: from });
    socket.on('error', () => {});
    socket.on('open', () => socket.send('{"game":"hang","version":"1"}'));
    const value = await new Promise<string>((resolve) => {
      socket.once('message', (data) => resolve(String(data)));
      // Beyond the limit of sockets, nothing is read.
      socket.once('close', () => resolve('closed'));
    });
    return { socket, value };
  });
  const all = await Promise.all(last);
  const accepted = all.filter(({ value }) => value === '"Acknowledged"');
  expect(accepted.length).toBeLessThanOrEqual(MOST_ACCEPTED);
  expect(accepted.length).toBeGreaterThan(0);
  const refused = all.filter(({ value }) => /^\{"Error":\[(429|503),|^closed$/.test(value));
  expect(accepted.length + refused.length).toBe(FLOOD);
  for (const { socket } of all) socket.terminate();
  await isQuiet(relay);
});

attack('clients that never read how their requests are doing', async ({ relay }) => {
  const sockets = await Promise.all(
    Array.from({ length: 60 }, () => openSocket(relay, { from: freshAddress() })),
  );
  for (const socket of sockets) {
    socket.pause();
    socket.write('POST /matchmaker/play/hang HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\n\r\n');
  }
  await eventually(
    () => waiting(relay),
    (count) => count === sockets.length,
  );
  expect(await servers(relay, 'hang')).toBe(1);
  for (const socket of sockets) socket.destroy();
  await isQuiet(relay);
});

attack('servers that are never ready', async ({ relay }) => {
  const answers = await Promise.all(Array.from({ length: 20 }, () => play(relay, 'late')));
  for (const { body } of answers) expect(body).toMatch(ERROR(408));
  await eventually(() => servers(relay, 'late'), none);
});

attack('servers that die at once', async ({ relay }) => {
  for (let round = 0; round < 5; round++) {
    const answers = await Promise.all(Array.from({ length: 5 }, () => play(relay, 'die')));
    for (const { body } of answers) expect(body).toMatch(ERROR(500));
  }
  await eventually(() => servers(relay, 'die'), none);
});

attack('one address that has servers started that die at once', async ({ relay }) => {
  const from = freshAddress();
  const bodies: string[] = [];
  for (let asked = 0; asked < 50; asked++) {
    bodies.push((await post(relay, '/matchmaker/play/die', { from })).body);
  }
  expect(bodies.filter((body) => ERROR(500).test(body)).length).toBeGreaterThan(0);
  expect(bodies.at(-1)).toMatch(ERROR(429));
});

attack('servers that ignore SIGTERM, whose players do not connect', async ({ relay }) => {
  const answers = await Promise.all(Array.from({ length: 4 }, () => play(relay, 'stubborn')));
  for (const { body } of answers) expect(body).toMatch(/event: ready/);
  await eventually(() => servers(relay, 'stubborn'), none);
});

attack('a launcher service that answers nonsense, or never', async ({ relay }) => {
  const answers = await Promise.all(Array.from({ length: 10 }, () => play(relay, 'nonsense')));
  for (const { body } of answers) expect(body).toMatch(ERROR(502));
  await eventually(() => servers(relay, 'nonsense'), none);
});

attack('guesses of the tokens of game servers', async ({ relay }) => {
  const waits = await openSocket(relay, { from: freshAddress() });
  waits.write('POST /matchmaker/play/hang HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\n\r\n');
  await eventually(
    () => waiting(relay),
    (count) => count === 1,
  );
  const started = /"server":"(\w+)","game":"hang\/1","msg":"game server starting"/g;
  const { id } = await eventually(
    () => ({ id: [...relay.log.matchAll(started)].at(-1)?.[1] }),
    (last) => last.id !== undefined,
  );
  const from = freshAddress();
  const statuses = new Set<number>();
  for (let guess = 0; guess < FLOOD; guess++) {
    const authorization = `Bearer ${Buffer.alloc(16, guess).toString('base64url')}`;
    const path = `/launch/${guess % 2 === 0 ? id : `x${guess}`}/context`;
    statuses.add(await get(relay, path, { from, authorization }));
  }
  expect([...statuses].toSorted()).toEqual([404, 429]);
  waits.destroy();
  await isQuiet(relay);
});
