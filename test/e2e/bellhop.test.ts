import { describe, expect, test } from 'vitest';
import { WebSocket } from 'ws';
import { BellhopClient, isFailure } from '../support/bellhop.js';
import { freshMetrics } from '../support/metrics.js';
import { startRelay } from '../support/relay.js';

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/;

async function clients(count: number, options = {}): Promise<BellhopClient[]> {
  const { url } = await startRelay(options);
  return Promise.all(Array.from({ length: count }, () => BellhopClient.connect(url)));
}

async function three(options = {}): Promise<[BellhopClient, BellhopClient, BellhopClient]> {
  return (await clients(3, options)) as [BellhopClient, BellhopClient, BellhopClient];
}

describe('lobbies', () => {
  test('a new connection is in no lobby', async () => {
    const { url, http, relay } = await startRelay();
    const [a, b] = [await BellhopClient.connect(url), await BellhopClient.connect(url)];
    b.do('reject_join_request', { player_connection_id: a.id, reason: 'known' });
    expect(await a.event('join_request_rejected')).toEqual({ reason: 'known' });
    expect(relay.players).toBe(0);
    const text = await freshMetrics(http);
    expect(text).toContain('lobby_relay_connections{role="peer",dialect="bellhop"} 2\n');
    expect(text).toContain('lobby_relay_rooms{dialect="bellhop"} 0\n');
  });

  test('start_lobby without a name generates one', async () => {
    const [a] = await three();
    expect(await a.start()).toMatch(UUID);
    expect(await a.settled()).toEqual([]);
  });

  test.each([[''], [null], [0], [false], [[]], [{}]])(
    'a falsy name, %j, is drawn',
    async (name) => {
      const [a] = await three();
      a.do('start_lobby', { lobby_id: name });
      expect((await a.event('lobby_started')).lobby_id).toMatch(UUID);
    },
  );

  test.each([[null], [''], [0], [[]], [{}], [false]])(
    'a falsy content, %j, is an empty one',
    async (content) => {
      const [a] = await three();
      a.do('start_lobby', content);
      expect((await a.event('lobby_started')).lobby_id).toMatch(UUID);
      a.do('close_lobby', content);
      expect(await a.settled()).toEqual([]);
    },
  );

  test('start_lobby with a name starts that lobby', async () => {
    const [a] = await three();
    expect(await a.start('custom_lobby_id')).toBe('custom_lobby_id');
    expect(await a.settled()).toEqual([]);
  });

  test('a name that is taken is refused, also to its own host', async () => {
    const [a, b, c] = await three();
    await a.start('custom_lobby_id');
    for (const client of [b, a]) {
      client.do('start_lobby', { lobby_id: 'custom_lobby_id' });
      const { reason } = await client.event('lobby_creation_failed');
      expect(reason).toBe('Lobby custom_lobby_id already exists.');
    }
    // B hosts no lobby, and A still hosts its own.
    await c.ask('custom_lobby_id', a);
  });

  test('close_lobby ends the lobby, and the connection stays', async () => {
    const [a, b] = await three();
    await a.start('x');
    a.do('close_lobby');
    expect(await a.settled()).toEqual([]);
    expect(await b.reasonNotToJoin('x')).toBe("Lobby 'x' not found.");
    expect(await b.start('x')).toBe('x');
  });

  test('a second start_lobby ends the first lobby without a word', async () => {
    const [a, b] = await three();
    await a.start('first');
    await b.ask('first', a);
    await a.start('second');
    expect(await b.settled()).toEqual([]);
    expect(await b.reasonNotToJoin('first')).toBe("No host found for lobby 'first'.");
    await b.ask('second', a);
    // The last guest has left, so the name is free.
    expect(await b.reasonNotToJoin('first')).toBe("Lobby 'first' not found.");
  });

  test('a start_lobby that fails leaves its sender where it was', async () => {
    const [a, b, c] = await three();
    await a.start('taken');
    await b.start('mine');
    b.do('start_lobby', { lobby_id: 'taken' });
    await b.event('lobby_creation_failed');
    await c.ask('mine', b);
  });

  test('a new host may have the name of a lobby whose host has left, and its guests are dropped', async () => {
    const [a, b, c] = await three();
    await a.start('x');
    await b.ask('x', a);
    await a.leave();
    expect(await c.reasonNotToJoin('x')).toBe("No host found for lobby 'x'.");
    await c.start('x');
    await b.ask('x', c);
    c.do('close_lobby');
    b.do('close_lobby');
    await b.settled();
    expect(await c.reasonNotToJoin('x')).toBe("Lobby 'x' not found.");
  });

  test('a guest of a lobby whose host has left may host it', async () => {
    const [a, b, c] = await three();
    await a.start('x');
    await b.ask('x', a);
    a.do('close_lobby');
    await a.settled();
    expect(await b.start('x')).toBe('x');
    await c.ask('x', b);
  });

  test('a name may be any text of 2,048 bytes, and no code leads to it', async () => {
    const { url, http } = await startRelay();
    const [a, b] = [await BellhopClient.connect(url), await BellhopClient.connect(url)];
    for (const name of ['BCDF', ' ', '"\\\u0000\u2028', '\ud800', 'é'.repeat(1024), '__proto__']) {
      expect(await a.start(name)).toBe(name);
      await b.ask(name, a);
    }
    await a.start('BCDF');
    expect((await fetch(`${http}/BCDF`)).status).toBe(404);
    const long = `${'é'.repeat(1024)}a`;
    for (const action of ['start_lobby', 'join_lobby']) {
      a.do(action, { lobby_id: long });
      expect(isFailure(await a.next(), a)).toBe(true);
    }
  });
});

describe('joining', () => {
  test('the host is asked with the id of the connection', async () => {
    const [a, g] = await three();
    g.do('join_lobby', { lobby_id: await a.start() });
    expect(await a.next()).toEqual({
      event: 'received_join_request',
      content: { connection_id: g.id },
    });
    expect(await g.settled()).toEqual([]);
  });

  test('a lobby that does not exist is not found', async () => {
    const [a] = await three();
    expect(await a.reasonNotToJoin('nonexistant_lobby')).toBe(
      "Lobby 'nonexistant_lobby' not found.",
    );
    expect(await a.reasonNotToJoin('')).toBe("Lobby '' not found.");
  });

  test('a lobby whose host has disconnected has no host while guests are listed', async () => {
    const [a, g1, g2] = await three();
    const lobby = await a.start();
    await g1.ask(lobby, a);
    a.cut();
    await a.closed;
    g2.do('join_lobby', { lobby_id: lobby });
    // The relay may notice the end of the host only after this. Then the request went to the host.
    for (;;) {
      const [event] = await g2.settled();
      if (event !== undefined) {
        expect(event.content.reason).toBe(`No host found for lobby '${lobby}'.`);
        break;
      }
      g2.do('join_lobby', { lobby_id: lobby });
    }
    g1.do('close_lobby');
    g2.do('close_lobby');
    await Promise.all([g1.settled(), g2.settled()]);
    expect(await g1.reasonNotToJoin(lobby)).toBe(`Lobby '${lobby}' not found.`);
  });

  test('a host cannot join its own lobby, and still hosts it', async () => {
    const [a, b] = await three();
    await a.start('x');
    expect(await a.reasonNotToJoin('x')).toBe("You are the host of lobby 'x'.");
    await b.ask('x', a);
  });

  test('a guest that asks again keeps its seat, and the host is asked again', async () => {
    const { url, relay } = await startRelay({ maxPlayers: 1 });
    const [a, b, c] = await Promise.all([1, 2, 3].map(() => BellhopClient.connect(url)));
    if (a === undefined || b === undefined || c === undefined) throw new Error('no client');
    await a.start('x');
    await b.ask('x', a);
    await b.ask('x', a);
    expect(relay.players).toBe(1);
    expect(await c.reasonNotToJoin('x')).toBe('room full');
    b.do('close_lobby');
    await b.settled();
    await c.ask('x', a);
  });

  test('a guest that is refused elsewhere stays where it is', async () => {
    const { url, relay } = await startRelay();
    const [a, b] = [await BellhopClient.connect(url), await BellhopClient.connect(url)];
    await a.start('x');
    await b.ask('x', a);
    expect(await b.reasonNotToJoin('y')).toBe("Lobby 'y' not found.");
    expect(relay.players).toBe(1);
  });

  test('a host accepts with its id and any peer id, also one who never asked', async () => {
    const [h, p] = await three();
    await h.start();
    for (const peerId of [2, 2.5, '2', null, { a: [1] }, [], true]) {
      h.do('accept_join_request', { player_connection_id: p.id, player_peer_id: peerId });
      const content = await p.event('join_request_accepted');
      expect(content).toEqual({ host_connection_id: h.id, peer_id: peerId });
    }
  });

  test('a host rejects with its reason, also one who never asked', async () => {
    const [h, p] = await three();
    await h.start();
    h.do('reject_join_request', { player_connection_id: p.id, reason: 'because I can' });
    expect(await p.event('join_request_rejected')).toEqual({ reason: 'because I can' });
  });
});

describe('signalling', () => {
  test('descriptions and candidates arrive as they were sent', async () => {
    const [s, t] = await three();
    const description = { session_type: 'session_type', sdp: 'sdp' };
    s.do('send_session_description', { connection_id: t.id, ...description });
    expect(await t.event('received_session_description')).toEqual({
      connection_id: s.id,
      ...description,
    });
    const candidate = { media: 'media', index: 0, name: 'name' };
    s.do('send_ice_candidate', { connection_id: t.id, ...candidate });
    expect(await t.event('received_ice_candidate')).toEqual({
      connection_id: s.id,
      ...candidate,
    });
    expect([await t.settled(), await s.settled()]).toEqual([[], []]);
  });

  test('values are passed on as they were written', async () => {
    const { url } = await startRelay();
    const [s, t] = [await BellhopClient.connect(url), await BellhopClient.connect(url)];
    const raw: string[] = [];
    t.socket.on('message', (data: Buffer) => raw.push(data.toString()));
    const values = [
      '12345678901234567890',
      '1.0',
      '-0',
      '1e2',
      '"\\u00e9\\ud800"',
      '"é\u{1f600}"',
      '{ "a" : [ ] }',
    ];
    for (const value of values) {
      s.send(
        `{"action":"send_ice_candidate","content":{"connection_id":"${t.id}",` +
          `"media": ${value} ,"index":0,"name":"\\"}\\\\"}}`,
      );
      await t.event('received_ice_candidate');
    }
    expect(raw).toEqual(
      values.map(
        (value) =>
          `{"event":"received_ice_candidate","content":{"connection_id":"${s.id}",` +
          `"media":${value},"index":0,"name":"\\"}\\\\"}}`,
      ),
    );
  });

  test('a candidate reaches a host that has closed its lobby, and joins do not', async () => {
    const [h, g1, g2] = await three();
    await h.start('x');
    await g1.ask('x', h);
    h.do('close_lobby');
    await h.settled();
    g1.do('send_ice_candidate', { connection_id: h.id, media: '0', index: 0, name: 'c' });
    expect((await h.event('received_ice_candidate')).connection_id).toBe(g1.id);
    expect(await g2.reasonNotToJoin('x')).toBe("No host found for lobby 'x'.");
    g1.do('close_lobby');
    await g1.settled();
    expect(await g2.reasonNotToJoin('x')).toBe("Lobby 'x' not found.");
  });

  test('guests reach one another, whatever lobby they are in', async () => {
    const [h, g1, g2] = await three();
    await g1.ask(await h.start(), h);
    await g2.start();
    g1.do('send_ice_candidate', { connection_id: g2.id, media: 1, index: 2, name: 3 });
    expect(await g2.event('received_ice_candidate')).toEqual({
      connection_id: g1.id,
      media: 1,
      index: 2,
      name: 3,
    });
  });

  test('an id that nobody has, or has any more, fails at the sender', async () => {
    const [a, b, gone] = await three();
    await gone.leave();
    for (const id of ['', 'nobody', `${b.id}x`, b.id.slice(1), gone.id, '__proto__']) {
      a.do('send_ice_candidate', { connection_id: id, media: '0', index: 0, name: 'c' });
      expect(isFailure(await a.next(), a)).toBe(true);
    }
    expect(await b.settled()).toEqual([]);
  });

  test('ids have at least 96 random bits', async () => {
    const ids = (await clients(3)).map(({ id }) => id);
    expect(new Set(ids).size).toBe(3);
    for (const id of ids) expect(Buffer.from(id, 'base64url').length * 8).toBeGreaterThan(96);
  });
});

describe('what is wrong is answered with a failure, and the connection stays open', () => {
  const target = { connection_id: 'x' };
  test.each([
    '{"action":"close_lobby","x":1}',
    '{"action":"nope"}',
    '{"action":"toString"}',
    '{"action":["close_lobby"]}',
    '[]',
    '{',
    '',
    'null',
    '"close_lobby"',
    '{"content":{}}',
    '{"action":"join_lobby"}',
    '{"action":"join_lobby","content":{"lobby_id":"a","b":1}}',
    '{"action":"join_lobby","content":{"lobby_id":null}}',
    '{"action":"join_lobby","content":{"lobby_id":1}}',
    '{"action":"join_lobby","content":"a"}',
    '{"action":"join_lobby","content":["a"]}',
    '{"action":"start_lobby","content":{"lobby_id":["a"]}}',
    '{"action":"start_lobby","content":{"name":"a"}}',
    '{"action":"start_lobby","content":1}',
    '{"action":"start_lobby","content":true}',
    '{"action":"close_lobby"} {}',
    '\ufeff{"action":"close_lobby"}',
    JSON.stringify({ action: 'accept_join_request', content: { player_connection_id: 'x' } }),
    JSON.stringify({ action: 'reject_join_request', content: { reason: 'x' } }),
    JSON.stringify({ action: 'send_session_description', content: { ...target, sdp: 'x' } }),
    JSON.stringify({ action: 'send_ice_candidate', content: { ...target, media: 0, index: 0 } }),
    JSON.stringify({
      action: 'send_session_description',
      content: { connection_id: 1, session_type: 'offer', sdp: 'x' },
    }),
  ])('%s', async (frame) => {
    const [a, b] = await three();
    await a.start('x');
    a.send(frame);
    expect(isFailure(await a.next(), a)).toBe(true);
    await b.ask('x', a);
  });

  test('failures beyond --command-errors in 10 s get no reply', async () => {
    const { url } = await startRelay({ commandErrors: 3 });
    const a = await BellhopClient.connect(url);
    for (let i = 0; i < 20; i++) a.send('{');
    a.do('start_lobby');
    const frames = [await a.next(), await a.next(), await a.next()];
    expect(frames.map(({ message, event }) => message ?? event)).toEqual([
      'Internal server error',
      'Internal server error',
      'lobby_started',
    ]);
  });

  test('a binary frame is closed with 1003, and a message beyond 128 KiB with 1009', async () => {
    const { url } = await startRelay();
    const [a, b] = [await BellhopClient.connect(url), await BellhopClient.connect(url)];
    const largest = 'x'.repeat(128 * 1024 - 200);
    const to = { player_connection_id: b.id };
    a.do('reject_join_request', { ...to, reason: largest });
    expect((await b.event('join_request_rejected')).reason).toBe(largest);
    a.send('x'.repeat(129 * 1024));
    expect((await a.closed).code).toBe(1009);
    b.send(Buffer.from('{"action":"close_lobby"}'));
    expect(await b.closed).toEqual({ code: 1003, reason: 'expected text' });
  });
});

describe('the endpoint', () => {
  test('is a WebSocket at /bellhop, and at no other path', async () => {
    const { http, url } = await startRelay();
    expect((await fetch(`${http}/bellhop`)).status).toBe(426);
    expect((await fetch(`${http}/bellhop`, { method: 'POST' })).status).toBe(405);
    for (const path of ['/bellhop/', '/Bellhop', '//bellhop', '/bellhop/x']) {
      expect((await fetch(http + path)).status).toBe(404);
      const code = await new Promise((resolve) => new WebSocket(url + path).on('close', resolve));
      expect(code).toBe(4004);
    }
  });

  test('does not exist if its dialect is turned off', async () => {
    const { http, url, relay } = await startRelay({ dialects: 'wmbp' });
    expect((await fetch(`${http}/bellhop`)).status).toBe(404);
    const code = await new Promise((resolve) =>
      new WebSocket(`${url}/bellhop`).on('close', resolve),
    );
    expect(code).toBe(4004);
    expect(await freshMetrics(http)).not.toContain('bellhop');
    expect(relay.rooms).toBe(0);
  });

  test('the paths of signaling-server do not exist if its dialect is turned off', async () => {
    const { http } = await startRelay({ dialects: 'wmbp,bellhop' });
    const body = '{"method":"create_data_channel"}';
    for (const path of ['/signaling', '/', '/nowhere']) {
      const answer = await fetch(http + path, { method: 'POST', body });
      expect([path, answer.status, answer.headers.get('allow')]).toEqual([
        path,
        405,
        'GET, HEAD, OPTIONS',
      ]);
    }
    expect((await fetch(`${http}/signaling`)).status).toBe(404);
    expect(await freshMetrics(http)).not.toContain('signaling');
  });

  test('works if WMBP is turned off, whose paths then do not exist', async () => {
    const { http, url } = await startRelay({ dialects: 'bellhop' });
    for (const path of ['/CREATE', '/BCDF', '/client.js', '/sketch']) {
      const answer = await fetch(http + path);
      expect([path, answer.status, (await answer.text()).split('\n')[0]]).toEqual([
        path,
        404,
        'lobby-relay: a WebSocket relay for party games.',
      ]);
    }
    for (const path of ['/CREATE', '/BCDF']) {
      const code = await new Promise((resolve) => new WebSocket(url + path).on('close', resolve));
      expect(code).toBe(4004);
    }
    const a = await BellhopClient.connect(url);
    expect(await a.start('x')).toBe('x');
  });

  test.each(['', 'bellhop,', 'all', 'wmbp;bellhop'])('--dialects %j is refused', (dialects) =>
    expect(startRelay({ dialects })).rejects.toThrow(/^--dialects: expected some of wmbp, bellhop/),
  );
});
