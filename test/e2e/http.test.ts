import { once } from 'node:events';
import { connect } from 'node:net';
import { expect, test } from 'vitest';
import { Host, joined, Player } from '../support/clients.js';
import { startRelay } from '../support/relay.js';

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
  expect(await page.text()).toContain('<!doctype html>');
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
  const ask = async () =>
    (await fetch(`${http}/${host.code}`, { headers: { accept: 'application/json' } })).json();
  const info = { code: host.code, name: 'Trivia', players: 1, max_players: 2 };
  expect(await ask()).toEqual({ ...info, accept_conns: true });
  await joined(url, host);
  expect(await ask()).toEqual({ ...info, players: 2, accept_conns: false });
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
