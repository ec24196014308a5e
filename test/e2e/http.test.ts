import { once } from 'node:events';
import { createServer } from 'node:http';
import { type AddressInfo, connect } from 'node:net';
import { expect, onTestFinished, test } from 'vitest';
import { Host, joined, Player } from '../support/clients.js';
import { roomInfo, startRelay } from '../support/relay.js';

test('GET / helps, as text or as a page, and any page may ask', async () => {
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

test('files are asked for anew each time, and sent once', async () => {
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

test('no path reaches the disk', async () => {
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
    // By hand: `fetch` would take the dots out.
    const socket = connect(port, '127.0.0.1');
    socket.write(`GET ${target} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n`);
    const [answer] = await once(socket, 'data');
    expect(answer.toString('latin1')).toMatch(/^HTTP\/1.1 404 /);
    socket.destroy();
  }
});

test('who takes nothing of its answers is cut', async () => {
  const { relay } = await startRelay({ stall: 0.1 });
  const server = createServer();
  onTestFinished(() => void server.close());
  relay.attach(server);
  const connected = once(server, 'connection');
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening));
  const client = connect((server.address() as AddressInfo).port, '127.0.0.1');
  onTestFinished(() => void client.destroy());
  const ask = () => client.write('GET /client.js HTTP/1.1\r\nHost: x\r\n\r\n');
  // One more as soon as one has gone into the buffers on the way, until they are full.
  server.on('request', (_request, response) => response.on('finish', ask));
  ask();
  const [socket] = await connected;
  await once(socket, 'close');
  expect(socket.bytesWritten).toBeGreaterThan(64 * 1024);
});

test('without pages there is the text, and the SDK', async () => {
  const { http } = await startRelay({ pages: false });
  const home = await fetch(http, { headers: { accept: 'text/html' } });
  expect([home.status, home.headers.get('content-type')]).toEqual([
    200,
    'text/plain; charset=utf-8',
  ]);
  expect((await fetch(`${http}/theme.css`)).status).toBe(404);
  expect((await fetch(`${http}/client.js`)).status).toBe(200);
});

test('GET /ice gives servers, and credentials where there is a TURN server', async () => {
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

test('GET /ice has a rate, and is only for pages that may connect', async () => {
  const { http } = await startRelay({ limitLoopback: true, origin: 'https://game.example' });
  const ask = (origin?: string) =>
    fetch(`${http}/ice`, origin === undefined ? {} : { headers: { origin } });
  expect((await ask('https://other.example')).status).toBe(403);
  expect((await ask('https://game.example')).status).toBe(200);
  let answer = await ask();
  // While it asks, some come back.
  while (answer.status === 200) answer = await ask();
  expect(answer.status).toBe(429);
  expect(answer.headers.get('retry-after')).toBe('1');
  // The rate is of credentials alone.
  expect((await fetch(`${http}/client.js`)).status).toBe(200);
});

test('GET /CODE is the name as prepared, in whatever case the code is written', async () => {
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

test('GET /CODE for JSON tells how full the room is', async () => {
  const { url, http } = await startRelay();
  const host = await Host.open(url, { maxPlayers: 2, name: 'Trivia' });
  await joined(url, host);
  const info = { code: host.code, name: 'Trivia', players: 1, max_players: 2 };
  expect(await roomInfo(http, host.code)).toEqual({ ...info, accept_conns: true });
  await joined(url, host);
  const full = { ...info, players: 2, accept_conns: false };
  expect(await roomInfo(http, host.code)).toEqual(full);
});

test.each(['/BBBB', '/abcd', '/a%20b'])('%s is a room that is not there', async (path) => {
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

test('metrics count what there is and what was carried', async () => {
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

test('other methods are told what is understood', async () => {
  const { http } = await startRelay();
  const preflight = await fetch(`${http}/BBBB`, { method: 'OPTIONS' });
  expect(preflight.status).toBe(204);
  expect(preflight.headers.get('access-control-allow-origin')).toBe('*');
  const post = await fetch(http, { method: 'POST', body: 'x'.repeat(100_000) });
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

test('a request target that is no path gets an answer, and the relay lives on', async () => {
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
