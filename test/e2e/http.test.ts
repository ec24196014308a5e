import { once } from 'node:events';
import { createServer, get, type IncomingMessage, type RequestOptions } from 'node:http';
import { type AddressInfo, connect } from 'node:net';
import { expect, onTestFinished, test } from 'vitest';
import { Host, joined, Player } from '../support/clients.js';
import { roomInfo, startRelay } from '../support/relay.js';

test('GET / is the help as text or as a page, readable from any origin', async () => {
  const { http } = await startRelay();
  const text = await fetch(http);
  expect(text.status).toBe(200);
  expect(text.headers.get('content-type')).toBe('text/plain; charset=utf-8');
  expect(text.headers.get('access-control-allow-origin')).toBe('*');
  expect(await text.text()).toContain('/CREATE');
  const page = await fetch(http, { headers: { accept: 'text/html,*/*' } });
  expect(page.headers.get('content-type')).toBe('text/html; charset=utf-8');
  expect(page.headers.get('content-security-policy')).toContain("default-src 'none'");
  expect(page.headers.get('referrer-policy')).toBe('no-referrer');
  expect(page.headers.get('vary')).toContain('Accept');
  expect(await page.text()).toContain('<!doctype html>');
});

test('files are revalidated on each request, and sent once', async () => {
  const { http } = await startRelay();
  const first = await fetch(`${http}/client.js`);
  expect(first.headers.get('content-type')).toBe('text/javascript; charset=utf-8');
  expect(first.headers.get('access-control-allow-origin')).toBe('*');
  expect(first.headers.get('cache-control')).toBe('no-cache');
  expect(await first.text()).toContain('createRoom');
  const headers = { 'if-none-match': first.headers.get('etag') ?? '' };
  const again = await fetch(`${http}/client.js`, { headers });
  expect([again.status, await again.text()]).toEqual([304, '']);
  const head = await fetch(`${http}/client.js`, { method: 'HEAD' });
  expect([head.status, await head.text()]).toEqual([200, '']);
});

test('no path is resolved on the disk', async () => {
  const { port } = await startRelay();
  for (const target of [
    '/client.js/',
    '/client%2Ejs',
    '/../client.js',
    '/home/../client.js',
    '/home/../../package.json',
    '/home/index.html',
    '/home/',
    '/pages/theme.css',
    '/toString',
  ]) {
    // Written directly, because `fetch` would remove the dots.
    const socket = connect(port, '127.0.0.1');
    socket.write(`GET ${target} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n`);
    const [answer] = await once(socket, 'data');
    expect(answer.toString('latin1')).toMatch(/^HTTP\/1.1 404 /);
    socket.destroy();
  }
});

test('a client that does not read the answers is disconnected', async () => {
  const { relay } = await startRelay({ stall: 0.1 });
  const server = createServer();
  onTestFinished(() => void server.close());
  relay.attach(server);
  const connected = once(server, 'connection');
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening));
  const client = connect((server.address() as AddressInfo).port, '127.0.0.1');
  onTestFinished(() => void client.destroy());
  const ask = () => client.write('GET /client.js HTTP/1.1\r\nHost: x\r\n\r\n');
  // Sends requests until the buffers on the way are full.
  server.on('request', (_request, response) => response.on('finish', ask));
  ask();
  const [socket] = await connected;
  await once(socket, 'close');
  expect(socket.bytesWritten).toBeGreaterThan(64 * 1024);
});

test('without pages, the text and the SDK remain', async () => {
  const { http } = await startRelay({ pages: false });
  const home = await fetch(http, { headers: { accept: 'text/html' } });
  expect([home.status, home.headers.get('content-type')]).toEqual([
    200,
    'text/plain; charset=utf-8',
  ]);
  expect((await fetch(`${http}/theme.css`)).status).toBe(404);
  expect((await fetch(`${http}/client.js`)).status).toBe(200);
});

test('GET /ice lists servers, with credentials for a TURN server', async () => {
  const none = await fetch(`${(await startRelay()).http}/ice`);
  expect(await none.json()).toEqual({ iceServers: [] });
  expect(none.headers.get('access-control-allow-origin')).toBe('*');
  expect(none.headers.get('cache-control')).toBe('no-store');
  const { http } = await startRelay({
    iceServers: 'stun:s.example',
    turnUrl: 'turn:t.example',
    turnSecret: 'north',
  });
  const given = await (await fetch(`${http}/ice`)).json();
  expect(given).toHaveProperty('iceServers', [
    { urls: ['stun:s.example'] },
    {
      urls: ['turn:t.example'],
      username: expect.stringMatching(/^\d{10}:[\w-]{12}$/),
      credential: expect.stringMatching(/^[\w+/]{27}=$/),
    },
  ]);
});

test('GET /ice is rate-limited, and only for allowed origins', async () => {
  const { http } = await startRelay({ limitLoopback: true, origin: 'https://game.example' });
  const ask = (origin?: string) =>
    fetch(`${http}/ice`, origin === undefined ? {} : { headers: { origin } });
  expect((await ask('https://other.example')).status).toBe(403);
  expect((await ask('https://game.example')).status).toBe(200);
  let answer = await ask();
  // Some tokens are refilled meanwhile.
  while (answer.status === 200) answer = await ask();
  expect(answer.status).toBe(429);
  expect(answer.headers.get('retry-after')).toBe('1');
  // The rate applies only to credentials.
  expect((await fetch(`${http}/client.js`)).status).toBe(200);
});

test('GET /CODE is the name as prepared, and the code is case-insensitive', async () => {
  const { url, http } = await startRelay();
  const name = '<b>Zürich</b> & 🎲\n';
  const { code } = await Host.open(url, { name });
  for (const path of [code, code.toLowerCase(), `${code}?x=1`]) {
    const answer = await fetch(`${http}/${path}`);
    expect(answer.status).toBe(200);
    expect(answer.headers.get('content-type')).toContain('text/plain');
    expect(answer.headers.get('access-control-allow-origin')).toBe('*');
    expect(answer.headers.get('x-content-type-options')).toBe('nosniff');
    expect(await answer.text()).toBe(name);
  }
});

test('GET /CODE as JSON with a seat key says whether the seat has a connection', async () => {
  const { url, http } = await startRelay({ maxPlayerMessage: 2048 });
  const key = 'dGhpcyBpcyBhbmEh';
  const ask = async (code: string, seat: string): Promise<Record<string, unknown>> => {
    const answer = await fetch(`${http}/${code}?format=json&seat=${seat}`);
    return (await answer.json()) as Record<string, unknown>;
  };
  const host = await Host.open(url, { maxPlayers: 2, hold: 60 });
  const ana = await joined(url, host, key);
  expect(await ask(host.code, key)).toMatchObject({ seat: 'connected', max_message: 2048 });
  expect(await ask(host.code, 'another-key-of-ana')).toMatchObject({ seat: 'disconnected' });
  expect(await ask(host.code, 'bad')).toMatchObject({ seat: 'disconnected' });
  expect('seat' in (await roomInfo(http, host.code))).toBe(false);
  ana.cut();
  while ((await ask(host.code, key))['seat'] !== 'disconnected');
  const other = await Host.open(url, { maxPlayers: 2 });
  expect('seat' in (await ask(other.code, key))).toBe(false);
});

test('GET /CODE as JSON has the number of players', async () => {
  const { url, http } = await startRelay();
  const host = await Host.open(url, { maxPlayers: 2, name: 'Trivia' });
  await joined(url, host);
  const about = { code: host.code, name: 'Trivia', max_message: 4_194_304 };
  const info = { ...about, players: 1, max_players: 2, host: 'connected' };
  expect(await roomInfo(http, host.code)).toEqual({ ...info, accept_conns: true });
  await joined(url, host);
  const full = { ...info, players: 2, accept_conns: false };
  expect(await roomInfo(http, host.code)).toEqual(full);
  const asked = await fetch(`${http}/${host.code.toLowerCase()}?format=json`);
  expect(asked.headers.get('content-type')).toBe('application/json');
  expect(await asked.json()).toEqual(full);
});

test('GET /CODE as JSON says whether the host is connected', async () => {
  const { url, http } = await startRelay();
  const host = await Host.open(url, { hold: 60 });
  const said = async (): Promise<unknown> => (await roomInfo(http, host.code))['host'];
  expect(await said()).toBe('connected');
  host.socket.terminate();
  await expect.poll(said).toBe('disconnected');
  await Host.resume(url, host);
  expect(await said()).toBe('connected');
});

test.each([
  undefined,
  '*/*',
  'application/json, text/plain, */*',
  'text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8',
])('GET and HEAD of /CODE with Accept: %s return plain text', async (accept) => {
  const { url, port } = await startRelay();
  const { code } = await Host.open(url, { name: 'Trivia' });
  for (const path of [`/${code}`, '/BBBB']) {
    const headers = { ...(accept !== undefined && { accept }) };
    const [got, head] = await Promise.all(
      ['GET', 'HEAD'].map((method) => ask({ port, host: '127.0.0.1', path, method, headers })),
    );
    expect(got?.headers).toMatchObject({
      'content-type': 'text/plain; charset=utf-8',
      vary: 'Accept',
    });
    expect(got?.body).toBe(path === '/BBBB' ? 'Game not found' : 'Trivia');
    expect(head).toMatchObject({ statusCode: got?.statusCode, body: '' });
    expect(head?.headers['content-length']).toBe(String(got?.body.length));
  }
});

test.each([
  ['Connection: Upgrade', 'Upgrade: websocket'],
  ['Connection: keep-alive, Upgrade', 'Upgrade: WebSocket'],
  ['connection: UPGRADE', 'upgrade: h2c, websocket'],
  ['Connection: Upgrade, HTTP2-Settings', 'HTTP2-Settings: AAMAAABk', 'Upgrade: h2c,WEBSOCKET'],
  ['Connection: keep-alive', 'Connection: upgrade', 'Upgrade: h2c', 'Upgrade: websocket'],
])('a handshake with %j, %j is accepted', async (...headers) => {
  const { url, port } = await startRelay();
  const { code } = await Host.open(url, {});
  expect(await upgrade(port, `/${code}`, headers)).toMatch(/^HTTP\/1.1 101 /);
  expect(await roomPlayers(port, code)).toBe(1);
});

test.each([
  ['Connection: keep-alive', 'Upgrade: websocket'],
  ['Connection: Upgrade', 'Upgrade: h2c'],
  ['Connection: Upgrade', 'Upgrade: websocket-x, xwebsocket'],
  ['Connection: Upgrade'],
])('a request with only %j is answered as a request', async (...headers) => {
  const { url, port } = await startRelay();
  const { code } = await Host.open(url, { name: 'Trivia' });
  expect(await upgrade(port, `/${code}`, headers)).toMatch(/^HTTP\/1.1 200 .*Trivia$/s);
  expect(await roomPlayers(port, code)).toBe(0);
});

test.each(['/', '/BBBB'])('%s has Vary: Accept for every Accept', async (path) => {
  const { http } = await startRelay();
  for (const accept of ['text/plain', 'text/html', 'application/json']) {
    const answer = await fetch(http + path, { headers: { accept } });
    expect(answer.headers.get('vary')).toMatch(/^Accept(,|$)/);
  }
});

test('a request target in absolute form is read as its path', async () => {
  const { url, port } = await startRelay();
  const { code } = await Host.open(url, { name: 'Trivia' });
  const path = `http://relay.example:${port}/${code}`;
  expect((await ask({ port, host: '127.0.0.1', path })).body).toBe('Trivia');
  expect(await upgrade(port, `${path}?x=1`)).toMatch(/^HTTP\/1.1 101 /);
  expect(await roomPlayers(port, code)).toBe(1);
});

test.each(['/BBBB', '/abcd', '/a%20b'])('%s is an unknown room', async (path) => {
  const { http } = await startRelay();
  const answer = await fetch(http + path);
  expect(answer.status).toBe(path === '/a%20b' ? 404 : 404);
  expect(answer.headers.get('access-control-allow-origin')).toBe('*');
  if (path.length === 5) expect(await answer.text()).toBe('Game not found');
});

test('anything else is 404 with the help', async () => {
  const { http } = await startRelay();
  for (const path of ['/favicon.ico', '/CREATE/', '/a/b', '/__proto__']) {
    const answer = await fetch(http + path);
    expect(answer.status).toBe(404);
    expect(answer.headers.get('access-control-allow-origin')).toBe('*');
    expect(await answer.text()).toContain('/CREATE');
  }
});

test('GET /CREATE without an upgrade is 426', async () => {
  const { http } = await startRelay();
  const answer = await fetch(`${http}/CREATE`);
  expect(answer.status).toBe(426);
  expect(answer.headers.get('access-control-allow-origin')).toBe('*');
});

test('health and readiness are JSON', async () => {
  const { http } = await startRelay();
  for (const path of ['/health', '/ready']) {
    const answer = await fetch(http + path);
    expect([answer.status, await answer.json()]).toEqual([200, { status: 'ok' }]);
    expect(answer.headers.get('access-control-allow-origin')).toBe('*');
  }
});

test('metrics count rooms, connections and messages', async () => {
  const { url, http } = await startRelay();
  const host = await Host.open(url);
  const player = await joined(url, host);
  await Player.connect(url, 'BBBB').closed;
  player.send('hello');
  await host.until('from_str');
  host.command({ cmd: 'to', to: [], data: [1, 2, 3] });
  await player.next();
  const answer = await fetch(`${http}/metrics`);
  expect(answer.headers.get('content-type')).toContain('text/plain');
  const text = await answer.text();
  for (const line of [
    'lobby_relay_rooms 1',
    'lobby_relay_players 1',
    'lobby_relay_connections{role="host"} 1',
    'lobby_relay_connections{role="player"} 1',
    'lobby_relay_messages_total{direction="to_host",kind="text"} 1',
    'lobby_relay_messages_total{direction="to_players",kind="binary"} 1',
    'lobby_relay_bytes_total{direction="to_host"} 5',
    'lobby_relay_bytes_total{direction="to_players"} 3',
    'lobby_relay_joins_total{result="joined"} 1',
    'lobby_relay_joins_total{result="no_such_room"} 1',
    'lobby_relay_closes_total{code="4004"} 1',
    'lobby_relay_paused_connections 0',
  ]) {
    expect(text.split('\n')).toContain(line);
  }
  expect(text).toContain('process_resident_memory_bytes');
});

test('other methods are refused with the list of allowed ones', async () => {
  const { http } = await startRelay();
  const preflight = await fetch(`${http}/BBBB`, { method: 'OPTIONS' });
  expect(preflight.status).toBe(204);
  expect(preflight.headers.get('access-control-allow-origin')).toBe('*');
  expect(preflight.headers.get('access-control-allow-headers')).toBe('*, Authorization');
  const post = await fetch(`${http}/health`, { method: 'POST', body: 'x'.repeat(100_000) });
  expect([post.status, post.headers.get('allow')]).toEqual([405, 'GET, HEAD, OPTIONS']);
  const head = await fetch(http, { method: 'HEAD' });
  expect([head.status, await head.text()]).toEqual([200, '']);
});

test.each(['/', '/nowhere', '/CREATE/', '/BCDF/x', '/BBBB', '/health', '/a'])(
  'a WebSocket at %s is accepted and closed with 4004',
  async (path) => {
    const { url } = await startRelay();
    const player = Player.connect(url, path.slice(1));
    const [opened, closed] = await Promise.all([once(player.socket, 'open'), player.closed]);
    expect(opened).toEqual([]);
    expect(closed).toEqual({ code: 4004, reason: 'no such room' });
  },
);

test('a request target that is not a path is answered, and the relay continues', async () => {
  const { port, http } = await startRelay();
  for (const target of ['//[', '*', 'http://[::1', '/\\x', `/${'x'.repeat(7000)}`]) {
    const socket = connect(port, '127.0.0.1');
    socket.write(`GET ${target} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n`);
    const [answer] = await once(socket, 'data');
    expect(answer.toString('latin1')).toMatch(/^HTTP\/1.1 40[04] /);
    socket.destroy();
  }
  expect((await fetch(`${http}/health`)).status).toBe(200);
});

/** The first line of the answer to a handshake with these headers. */
async function upgrade(
  port: number,
  target: string,
  headers = ['Connection: Upgrade', 'Upgrade: websocket'],
): Promise<string> {
  const socket = connect(port, '127.0.0.1');
  onTestFinished(() => void socket.destroy());
  const lines = [`GET ${target} HTTP/1.1`, 'Host: x', ...headers, 'Sec-WebSocket-Version: 13'];
  socket.write(`${lines.join('\r\n')}\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n`);
  const [answer] = await once(socket, 'data');
  return String(answer);
}

/** A request by Node's plain client, which adds no `Accept` of its own. */
async function ask(options: RequestOptions): Promise<IncomingMessage & { body: string }> {
  const [answer] = await once(get({ agent: false, ...options }), 'response');
  let body = '';
  for await (const text of answer.setEncoding('utf8')) body += text;
  return Object.assign(answer, { body });
}

async function roomPlayers(port: number, code: string): Promise<unknown> {
  return (await roomInfo(`http://127.0.0.1:${port}`, code))['players'];
}
