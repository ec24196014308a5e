import { once } from 'node:events';
import { describe, expect, onTestFinished, test } from 'vitest';
import { WebSocket } from 'ws';
import type { RelayOptions } from '../../src/index.js';
import { BellhopClient, isFailure } from '../support/bellhop.js';
import { Host } from '../support/clients.js';
import { freshMetrics } from '../support/metrics.js';
import { startRelay } from '../support/relay.js';

async function two(options: RelayOptions = {}, query = '') {
  const relay = await startRelay(options);
  const a = await BellhopClient.connect(relay.url, query);
  const b = await BellhopClient.connect(relay.url, query);
  return { ...relay, a, b };
}

async function reasonNotToStart(client: BellhopClient, lobby?: string): Promise<string> {
  client.do('start_lobby', { lobby_id: lobby });
  return (await client.event('lobby_creation_failed')).reason;
}

test('lobbies and rooms share --max-rooms, and lobbies use no codes', async () => {
  const { url, a, b, relay } = await two({ maxRooms: 2 });
  await a.start();
  const host = await Host.open(url);
  expect(relay.rooms).toBe(1);
  expect(await reasonNotToStart(b)).toBe('relay full');
  const refused = await Host.connect(url);
  expect((await refused.closed).code).toBe(1013);
  a.do('close_lobby');
  await a.settled();
  await b.start();
  await host.leave(1000);
});

test('a lobby accepts --max-players guests, and rejects a further one', async () => {
  const { url, a, b, relay } = await two({ maxPlayers: 1 });
  const c = await BellhopClient.connect(url);
  await a.start('x');
  await b.ask('x', a);
  expect(await c.reasonNotToJoin('x')).toBe('room full');
  expect(relay.players).toBe(1);
  await b.leave();
  await c.ask('x', a);
});

describe('the rates of an address apply to messages', () => {
  test('--rooms-per-minute, including names that are in use', async () => {
    const { a, b } = await two({ limitLoopback: true, roomsPerMinute: 3 });
    await a.start('x');
    expect(await reasonNotToStart(b, 'x')).toBe('Lobby x already exists.');
    await b.start('y');
    // The answers no longer reveal whether a name is in use.
    expect(await reasonNotToStart(b, 'x')).toBe('too many attempts');
    expect(await reasonNotToStart(b, 'z')).toBe('too many attempts');
    await a.ask('y', b);
  });

  test('--misses-per-minute, for distinct names', async () => {
    const { a, b } = await two({ limitLoopback: true, missesPerMinute: 2 });
    await a.start('x');
    for (const name of ['y', 'y', 'y', 'z']) {
      expect(await b.reasonNotToJoin(name)).toBe(`Lobby '${name}' not found.`);
    }
    expect(await b.reasonNotToJoin('w')).toBe('too many attempts');
    expect(await b.reasonNotToJoin('x')).toBe('too many attempts');
  });
});

test('connections count towards --connections-per-address', async () => {
  const { url } = await two({ limitLoopback: true, connectionsPerAddress: 2 });
  const third = new WebSocket(`${url}/bellhop`);
  const code = await new Promise((resolve) => third.on('close', resolve));
  expect(code).toBe(1013);
});

test('pages of other origins than --origin cannot connect', async () => {
  const { url } = await startRelay({ origin: 'https://game.example' });
  const page = new WebSocket(`${url}/bellhop`, { origin: 'https://other.example' });
  const code = await new Promise((resolve) => page.on('close', resolve));
  expect(code).toBe(1008);
  const own = await BellhopClient.connect(url, '', { origin: 'https://game.example' });
  expect(await own.start('x')).toBe('x');
});

test('--create-token is for hosts, and guests need none', async () => {
  const { url } = await startRelay({ createToken: 'secret' });
  const headers = { authorization: 'Bearer secret' };
  const [a, b, c, d] = await Promise.all([
    BellhopClient.connect(url, '?token=secret'),
    BellhopClient.connect(url, '', { headers }),
    BellhopClient.connect(url),
    BellhopClient.connect(url, '?token=wrong'),
  ]);
  await a.start('x');
  await b.start('y');
  for (const guest of [c, d]) {
    expect(await reasonNotToStart(guest, 'x')).toBe('wrong or missing token');
    expect(await reasonNotToStart(guest, 'z')).toBe('wrong or missing token');
    await guest.ask('x', a);
  }
});

test('during a drain no lobby starts, and the relay waits for open ones', async () => {
  const { relay, a, b } = await two({ drain: 60 });
  await a.start('x');
  const closed = relay.close();
  expect(await reasonNotToStart(b)).toBe('relay restarting');
  await b.ask('x', a);
  a.do('close_lobby');
  expect((await a.closed).code).toBe(1012);
  expect((await b.closed).code).toBe(1012);
  await closed;
});

test('a relay that stops closes all connections and lobbies', async () => {
  const { relay, a, b } = await two();
  await a.start('x');
  await b.ask('x', a);
  await relay.close();
  expect([(await a.closed).code, (await b.closed).code]).toEqual([1012, 1012]);
  expect(relay.players).toBe(0);
});

describe('what an operator sees', () => {
  test('metrics, at 0 from the start', async () => {
    const { url, http, a, b } = await two();
    const before = (await freshMetrics(http)).split('\n').filter((line) => /bellhop/.test(line));
    const zero = before.filter((line) => line.endsWith(' 0')).length;
    expect(before.length - zero).toBe(1);
    expect(zero).toBeGreaterThan(20);
    await a.start('x');
    await b.ask('x', a);
    await b.reasonNotToJoin('y');
    b.do('send_session_description', { connection_id: a.id, session_type: 'offer', sdp: 'x' });
    await a.event('received_session_description');
    a.do('accept_join_request', { player_connection_id: b.id, player_peer_id: 2 });
    await b.event('join_request_accepted');
    await Host.open(url);
    const text = await freshMetrics(http);
    for (const line of [
      'rooms 1',
      'rooms{dialect="bellhop"} 1',
      'players 0',
      'players{dialect="bellhop"} 1',
      'connections{role="host"} 1',
      'connections{role="peer",dialect="bellhop"} 2',
      'joins_total{result="joined"} 0',
      'joins_total{result="joined",dialect="bellhop"} 1',
      'joins_total{result="no_such_room",dialect="bellhop"} 1',
      'messages_total{direction="to_host",kind="text",dialect="bellhop"} 1',
      'messages_total{direction="to_players",kind="text",dialect="bellhop"} 1',
      'messages_total{direction="to_host",kind="text"} 0',
    ]) {
      expect(text).toContain(`lobby_relay_${line}\n`);
    }
    expect(text).toMatch(
      /^lobby_relay_bytes_total\{direction="to_host",dialect="bellhop"\} 1\d\d$/m,
    );
  });

  test('log lines with the dialect, and without names of lobbies', async () => {
    const lines: object[] = [];
    const write = (fields: object, msg: string): void => void lines.push({ ...fields, msg });
    const logger = { debug: write, info: write, warn: write, error: write } as never;
    const { a, b } = await two({ logger, maxRooms: 1 });
    await a.start('secret-name');
    await b.ask('secret-name', a);
    b.do('send_ice_candidate', { connection_id: a.id, media: '', index: 0, name: '' });
    await a.event('received_ice_candidate');
    await reasonNotToStart(b);
    a.do('close_lobby');
    await a.settled();
    const room = { room: 1, dialect: 'bellhop' };
    expect(lines).toMatchObject([
      { msg: 'room opened', ...room },
      {
        msg: 'refused',
        code: 1013,
        reason: 'relay full',
        address: '127.0.0.1',
        dialect: 'bellhop',
      },
      { msg: 'room closed', ...room, why: 'game over', players: 1, messages: 1 },
    ]);
    expect(JSON.stringify(lines)).not.toContain('secret-name');
  });
});

describe('a client that does not read', () => {
  /** A text of which a few messages fill the buffers of the kernel. */
  const sdp = 'x'.repeat(100 * 1024);

  test('as a host: reading from its guests pauses, and no message is lost', async () => {
    const { url, http } = await startRelay({
      hostBacklog: 64 * 1024,
      playerBytes: 0,
      playerMessages: 0,
    });
    const [h, g, late] = await Promise.all([1, 2, 3].map(() => BellhopClient.connect(url)));
    if (h === undefined || g === undefined || late === undefined) throw new Error('no client');
    await h.start('x');
    await g.ask('x', h);
    h.socket.pause();
    let sent = 0;
    const send = (): void => {
      g.do('send_session_description', { connection_id: h.id, session_type: `${sent++}`, sdp });
    };
    onTestFinished(() => h.socket.resume());
    while (!(await freshMetrics(http)).includes('lobby_relay_paused_connections 1\n')) {
      for (let i = 0; i < 20; i++) send();
    }
    expect(await late.reasonNotToJoin('x')).toBe('host busy');
    h.socket.resume();
    for (let i = 0; i < sent; i++) {
      expect((await h.event('received_session_description')).session_type).toBe(`${i}`);
    }
    await late.ask('x', h);
  });

  test.each([
    ['host', 64 * 1024],
    ['guest', 64 * 1024],
    ['host', 64 * 1024 * 1024],
    ['guest', 64 * 1024 * 1024],
  ])(
    'as a %s: clients that know its id cannot cause a close, with --host-backlog %d',
    async (role, hostBacklog) => {
      const { url } = await startRelay({
        hostBacklog,
        playerBacklog: 1024 * 1024,
        playerBytes: 0,
        commandErrors: 0,
      });
      const [h, g, stranger] = await Promise.all([1, 2, 3].map(() => BellhopClient.connect(url)));
      if (h === undefined || g === undefined || stranger === undefined)
        throw new Error('no client');
      await h.start('x');
      await g.ask('x', h);
      // This client was in the lobby, and left before the others stopped reading.
      await stranger.ask('x', h);
      stranger.do('close_lobby');
      await stranger.settled();
      const [victim, partner] = role === 'host' ? [h, g] : [g, h];
      victim.socket.pause();
      onTestFinished(() => victim.socket.resume());
      const to = { connection_id: victim.id, session_type: 'offer', sdp };
      for (let i = 0; i < 200; i++) stranger.do('send_session_description', to);
      expect(isFailure(await stranger.next(), stranger)).toBe(true);
      stranger.socket.ping();
      await once(stranger.socket, 'pong');
      partner.do('reject_join_request', { player_connection_id: victim.id, reason: 'end' });
      victim.socket.resume();
      // A connection that is closed fails the test at once.
      const next = () => Promise.race([victim.next(), victim.closed]);
      let frame = await next();
      let received = 0;
      while (frame.event === 'received_session_description') {
        received++;
        frame = await next();
      }
      expect(frame).toEqual({ event: 'join_request_rejected', content: { reason: 'end' } });
      expect(received).toBeGreaterThan(0);
      expect(received).toBeLessThan(200);
      expect(await victim.settled()).toEqual([]);
      // When the client keeps up again, they can send to it again.
      stranger.do('send_session_description', { ...to, sdp: 'later' });
      expect((await victim.event('received_session_description')).sdp).toBe('later');
    },
  );

  test('as a host: clients that know its id cannot pause its guests, or prevent joins', async () => {
    const { url, http } = await startRelay({ playerBytes: 0 });
    const [h, g, stranger] = await Promise.all([1, 2, 3].map(() => BellhopClient.connect(url)));
    if (h === undefined || g === undefined || stranger === undefined) throw new Error('no client');
    await h.start('x');
    h.socket.pause();
    onTestFinished(() => h.socket.resume());
    const to = { connection_id: h.id, session_type: 'offer', sdp };
    for (let i = 0; i < 200; i++) stranger.do('send_session_description', to);
    expect(isFailure(await stranger.next(), stranger)).toBe(true);
    stranger.socket.ping();
    await once(stranger.socket, 'pong');
    g.do('join_lobby', { lobby_id: 'x' });
    expect(await g.settled()).toEqual([]);
    expect(await freshMetrics(http)).toContain('lobby_relay_paused_connections 0\n');
    g.do('send_session_description', { ...to, sdp: 'of a guest' });
    h.socket.resume();
    const events: string[] = [];
    while (events.at(-1) !== 'of a guest') {
      const { event, content } = await h.next();
      if (content.sdp !== sdp) events.push(content.sdp ?? event);
    }
    expect(events).toEqual(['received_join_request', 'of a guest']);
  });

  test('as a guest: it is closed, and others continue', async () => {
    const { url } = await startRelay({ playerBacklog: 64 * 1024, playerBytes: 0 });
    const [h, g, other] = await Promise.all([1, 2, 3].map(() => BellhopClient.connect(url)));
    if (h === undefined || g === undefined || other === undefined) throw new Error('no client');
    await h.start('x');
    await g.ask('x', h);
    await other.ask('x', h);
    g.socket.pause();
    const to = { connection_id: g.id, session_type: 'offer', sdp };
    // Until the relay has closed it: then no connection has its id.
    const failed = h.next();
    let isGone = false;
    void failed.then(() => {
      isGone = true;
    });
    while (!isGone) {
      h.do('send_session_description', to);
      h.socket.ping();
      await once(h.socket, 'pong');
    }
    expect((await failed).message).toBe('Internal server error');
    h.do('reject_join_request', { player_connection_id: other.id, reason: 'still here' });
    expect(await other.event('join_request_rejected')).toEqual({ reason: 'still here' });
    g.socket.resume();
    expect([1006, 4008]).toContain((await g.closed).code);
  });
});
