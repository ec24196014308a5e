import { once } from 'node:events';
import { request as ask } from 'node:http';
import { connect, type Socket } from 'node:net';
import { describe, expect, onTestFinished, test } from 'vitest';
import { createRelay } from '../../src/index.js';
import { freshMetrics } from '../support/metrics.js';
import { startRelay } from '../support/relay.js';

interface Answer {
  readonly status: number;
  readonly type: string | null;
  readonly text: string;
}

/** Sends a request as a page or a script does. */
async function post(
  http: string,
  body: object | string,
  { path = '/signaling', ...init }: RequestInit & { path?: string } = {},
): Promise<Answer> {
  const text = typeof body === 'string' ? body : JSON.stringify(body);
  const answer = await fetch(http + path, { method: 'POST', body: text, ...init });
  return {
    status: answer.status,
    type: answer.headers.get('content-type'),
    text: await answer.text(),
  };
}

const EMPTY = { status: 200, type: 'text/plain', text: '' };

function json(value: unknown): object {
  return { status: 200, type: 'application/json', text: JSON.stringify(value) };
}

function error(text: string): Answer {
  return { status: 400, type: 'text/plain', text };
}

const NOT_RPC = 'Not a valid rpc. HTTP post body must be a json object with method key';

/** A relay with a channel. */
async function startChannel(options = {}) {
  const { http, port } = await startRelay(options);
  const { text } = await post(http, { method: 'create_data_channel' });
  const id: string = JSON.parse(text).channel_id;
  const call = (method: string, values: object = {}) =>
    post(http, { method, channel_id: id, ...values });
  return { http, port, id, call };
}

/*
 * The numbers are those of the dialect's specification. Expiry, which takes five minutes, is tested in
 * test/unit/dialects/signaling, where tests pass the time.
 */
describe.each(['/signaling', '/', '/?x=1', '/signaling?x=1'])('POST %s', (path) => {
  test('creates channels with a UUID (1)', async () => {
    const { http } = await startRelay();
    const created = await post(http, { method: 'create_data_channel' }, { path });
    expect(created).toMatchObject({ status: 200, type: 'application/json' });
    expect(created.text).toMatch(
      /^\{"channel_id":"[\da-f]{8}-[\da-f]{4}-4[\da-f]{3}-[89ab][\da-f]{3}-[\da-f]{12}"\}$/,
    );
  });
});

test('a new channel is empty (2)', async () => {
  const { call } = await startChannel();
  expect(await call('get_offer')).toEqual(error('offer not found'));
  expect(await call('get_answer')).toEqual(error('answer not found'));
  expect(await call('get_candidates')).toEqual(json({ items: [] }));
});

test('an offer is kept as it came, and replaced by the next (3)', async () => {
  const { call } = await startChannel();
  const sdp = 'v=0\r\no=- 1 2 IN IP4 127.0.0.1\r\ns=é "\u2028"\r\n';
  expect(await call('create_offer', { offer: sdp })).toEqual(EMPTY);
  expect(await call('get_offer')).toEqual(json({ offer: sdp }));
  expect(await call('create_offer', { offer: 'o2' })).toEqual(EMPTY);
  expect(await call('get_offer')).toEqual(json({ offer: 'o2' }));
  expect(await call('create_offer', { offer: { type: 'offer' } })).toEqual(EMPTY);
  expect(await call('get_offer')).toEqual(json({ offer: '{"type":"offer"}' }));
});

test('an answer is kept once, also before the offer (4)', async () => {
  const { call } = await startChannel();
  expect(await call('create_answer', { answer: 'a1' })).toEqual(EMPTY);
  expect(await call('create_answer', { answer: 'a2' })).toEqual(error('answer already exist'));
  expect(await call('get_answer')).toEqual(json({ answer: 'a1' }));
});

test('candidates keep their order and type, and equal ones are kept once (5)', async () => {
  const { call } = await startChannel();
  const candidate = { candidate: 'x', sdpMid: '0', sdpMLineIndex: 0 };
  for (const each of ['c1', candidate, null, 'c1', { ...candidate }, null]) {
    expect(await call('create_candidate', { candidate: each })).toEqual(EMPTY);
  }
  expect(await call('get_candidates')).toEqual(json({ items: ['c1', candidate, null] }));
});

const CREATE = ['offer', 'answer', 'candidate'].map((name) => `create_${name}`);
const GET = ['offer', 'answer', 'candidates'].map((name) => `get_${name}`);

test.each([...CREATE, ...GET])('%s of an unknown channel (6)', async (method) => {
  const { call } = await startChannel();
  const values = { offer: 'o', answer: 'a', candidate: 'c' };
  for (const channel_id of ['nope', '', null, 5, {}, '__proto__']) {
    expect(await call(method, { ...values, channel_id })).toEqual(error('channel_id not found'));
  }
});

test('what is missing is named, the channel first and then the value (7)', async () => {
  const { http, call } = await startChannel();
  expect(await post(http, { method: 'get_offer' })).toEqual(error('channel_id is required'));
  const nope = { channel_id: 'nope' };
  expect(await call('create_offer', nope)).toEqual(error('offer is required'));
  expect(await call('create_offer', { offer: null })).toEqual(EMPTY);
  expect(await call('get_offer')).toEqual(json({ offer: 'null' }));
});

test.each([
  ['{"method":"nope"}', 'unknown method nope'],
  ['{"method":5}', 'unknown method 5'],
  ['{}', NOT_RPC],
  ['[]', NOT_RPC],
  ['["method"]', NOT_RPC],
  ['"method"', NOT_RPC],
  ['{', NOT_RPC],
  ['', NOT_RPC],
  ['['.repeat(60_000), 'json is nested more than 32 levels deep'],
  [`[${'0,'.repeat(30_000)}0]`, 'json has more than 1024 values'],
])('%.20s is a bad request (8)', async (body, words) => {
  const { http } = await startRelay();
  expect(await post(http, body)).toEqual(error(words));
});

test('echo gives back the request (9)', async () => {
  const { http } = await startRelay();
  const request = { method: 'echo', a: [1] };
  expect(await post(http, request)).toEqual(json(request));
});

test.each(['GET', 'HEAD', 'PUT', 'DELETE', 'PATCH'])('%s is no POST (9)', async (method) => {
  const { http } = await startRelay();
  const answer = await fetch(`${http}/signaling`, { method });
  expect(answer.status).toBe(400);
  expect(await answer.text()).toBe(method === 'HEAD' ? '' : 'Only accept POST method');
});

test.each([
  ['/signaling', 'POST'],
  ['/', 'GET, HEAD, POST'],
  ['/health', 'GET, HEAD'],
])('OPTIONS %s names the methods (9)', async (path, methods) => {
  const { http } = await startRelay();
  const { status, headers } = await fetch(http + path, { method: 'OPTIONS' });
  expect(status).toBe(204);
  expect(headers.get('allow')).toBe(`${methods}, OPTIONS`);
  expect(headers.get('access-control-allow-methods')).toBe(methods);
  expect(headers.get('access-control-allow-origin')).toBe('*');
  expect(headers.get('access-control-allow-headers')).toBe('*, Authorization');
});

test.each([
  'text/plain',
  'application/json',
  'application/x-www-form-urlencoded',
  'application/octet-stream',
  'nonsense',
])('a body of type %s is read (11)', async (type) => {
  const { http } = await startRelay();
  const answer = await post(http, { method: 'echo' }, { headers: { 'content-type': type } });
  expect(answer).toEqual(json({ method: 'echo' }));
});

test('every answer may be read by pages of other origins (11)', async () => {
  const { http } = await startRelay();
  for (const body of ['{"method":"echo"}', '{']) {
    const { headers } = await fetch(`${http}/signaling`, { method: 'POST', body });
    expect(headers.get('access-control-allow-origin')).toBe('*');
    expect(headers.get('cache-control')).toBe('no-store');
  }
});

test('other paths refuse POST, and GET / returns the help', async () => {
  const { http } = await startRelay({ pages: false });
  expect((await post(http, '{"method":"echo"}', { path: '/health' })).status).toBe(405);
  expect((await post(http, '{"method":"echo"}', { path: '/signaling/' })).status).toBe(405);
  expect(await (await fetch(http)).text()).toContain('lobby-relay');
  const put = await fetch(http, { method: 'PUT' });
  expect([put.status, await put.text()]).toEqual([405, 'Method not allowed: use GET or POST\n']);
});

test('without this dialect, neither path exists', async () => {
  const { http } = await startRelay({ dialects: 'wmbp,bellhop', pages: false });
  const { status } = await fetch(`${http}/signaling`);
  expect(status).toBe(404);
  for (const path of ['/signaling', '/']) {
    expect(await post(http, '{"method":"echo"}', { path })).toMatchObject({ status: 405 });
    const { headers } = await fetch(http + path, { method: 'OPTIONS' });
    expect(headers.get('access-control-allow-methods')).toBe('GET, HEAD');
  }
  expect(await (await fetch(http)).text()).not.toContain('signaling');
});

describe('permission to create channels', () => {
  test('pages of other origins than --origin are refused', async () => {
    const { http } = await startRelay({ origin: 'https://game.example' });
    const from = (origin: string) => post(http, { method: 'echo' }, { headers: { origin } });
    expect(await from('https://game.example')).toEqual(json({ method: 'echo' }));
    expect(await from('https://other.example')).toMatchObject({
      status: 403,
      text: 'origin not allowed',
    });
  });

  test('the token of --create-token is in the query or the header', async () => {
    const { http } = await startRelay({ createToken: 'secret' });
    const create = (init: Parameters<typeof post>[2]) =>
      post(http, { method: 'create_data_channel' }, init);
    expect(await create({})).toMatchObject({ status: 403, text: 'wrong or missing token' });
    expect(await create({ path: '/?token=wrong' })).toMatchObject({ status: 403 });
    for (const path of ['/signaling?token=secret', '/?token=secret']) {
      expect(await create({ path })).toMatchObject({ status: 200 });
    }
    const headers = { authorization: 'Bearer secret' };
    expect(await create({ headers })).toMatchObject({ status: 200 });
    expect(await post(http, { method: 'echo' })).toMatchObject({ status: 200 });
  });

  test('an address that opens too many rooms gets 429', async () => {
    const { http } = await startRelay({ roomsPerMinute: 1, limitLoopback: true });
    expect(await post(http, { method: 'create_data_channel' })).toMatchObject({ status: 200 });
    const answer = await fetch(`${http}/signaling`, {
      method: 'POST',
      body: '{"method":"create_data_channel"}',
    });
    expect([answer.status, await answer.text()]).toEqual([429, 'too many attempts']);
    expect(answer.headers.get('retry-after')).toBe('1');
  });

  test('the number of channels is limited by --max-rooms', async () => {
    const { http } = await startRelay({ maxRooms: 1 });
    expect(await post(http, { method: 'create_data_channel' })).toMatchObject({ status: 200 });
    const full = await post(http, { method: 'create_data_channel' });
    expect(full).toMatchObject({ status: 503, text: 'relay full' });
  });
});

const HEAD = 'HTTP/1.1\r\nHost: x\r\n';
const BODY = '{"method":"echo"}';

/** Sends this on a connection, and returns what arrives up to `until` or the close. */
async function talk(port: number) {
  const socket: Socket = connect(port, '127.0.0.1');
  onTestFinished(() => void socket.destroy());
  socket.on('error', () => {});
  const closed = once(socket, 'close');
  let received = '';
  socket.on('data', (bytes) => {
    received += bytes.toString('latin1');
  });
  const until = async (text: string, count = 1): Promise<string> => {
    while (received.split(text).length <= count) await once(socket, 'data');
    return received;
  };
  return { socket, until, closed: closed.then(() => received) };
}

describe('a body', () => {
  test.each([
    [
      'in chunks',
      `Transfer-Encoding: chunked\r\n\r\n5\r\n{"met\r\nc;x=y\r\nhod":"echo"}\r\n0\r\nA: b\r\n\r\n`,
    ],
    ['with a length', `Content-Length: ${BODY.length}\r\n\r\n${BODY}`],
    [
      'behind an offer of HTTP/2',
      `Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: A\r\nContent-Length: ${BODY.length}\r\n\r\n${BODY}`,
    ],
    [
      'behind an offer of a WebSocket',
      `Connection: Upgrade\r\nUpgrade: websocket\r\nContent-Length: ${BODY.length}\r\n\r\n${BODY}`,
    ],
  ])('%s is read, and leaves the connection open', async (_, rest) => {
    const { port } = await startRelay();
    const { socket, until } = await talk(port);
    for (let round = 1; round <= 3; round++) {
      socket.write(`POST /signaling ${HEAD}${rest}`);
      const received = await until(BODY, round);
      expect(received).not.toContain('Connection: close');
    }
  });

  test('in one-byte chunks is read', async () => {
    const { port } = await startRelay();
    const { socket, until } = await talk(port);
    socket.setNoDelay(true);
    socket.write(`POST / ${HEAD}Content-Length: ${BODY.length}\r\n\r\n`);
    for (const byte of BODY) await new Promise((resolve) => socket.write(byte, resolve));
    await until(BODY);
  });

  test('is requested from clients that wait for 100 Continue', async () => {
    const { port } = await startRelay();
    const request = ask({
      port,
      host: '127.0.0.1',
      method: 'POST',
      path: '/signaling',
      headers: { expect: '100-continue', 'content-length': BODY.length },
    });
    request.flushHeaders();
    await once(request, 'continue');
    request.end(BODY);
    const [answer] = await once(request, 'response');
    expect(answer.statusCode).toBe(200);
    answer.resume();
  });

  test('of 64 KiB is read', async () => {
    const { call } = await startChannel();
    const offer = 'x'.repeat(65_400);
    expect(await call('create_offer', { offer })).toEqual(EMPTY);
    expect(await call('get_offer')).toEqual(json({ offer }));
  });

  test.each([
    ['of more than 64 KiB', `Content-Length: 65537\r\n\r\n`, 'larger than 65536 bytes'],
    [
      'of more than 64 KiB in chunks',
      `Transfer-Encoding: chunked\r\n\r\n20000\r\n${'x'.repeat(70_000)}`,
      'larger than 65536 bytes',
    ],
    [
      'in too many pieces',
      `Transfer-Encoding: chunked\r\n\r\n${'1\r\nx\r\n'.repeat(2000)}`,
      'too many pieces',
    ],
  ])('%s is refused, and its connection closed', async (_, rest, words) => {
    const { port } = await startRelay();
    const { socket, closed } = await talk(port);
    socket.write(`POST /signaling ${HEAD}${rest}`);
    const received = await closed;
    expect(received).toMatch(/^HTTP\/1.1 413 /);
    expect(received).toMatch(/^Connection: close\r$/m);
    expect(received).toContain(words);
  });

  test('that does not arrive ends its connection', async () => {
    const { port } = await startRelay({ requestTimeout: 0.2 });
    const { socket, closed } = await talk(port);
    socket.write(`POST /signaling ${HEAD}Content-Length: 100\r\n\r\n{`);
    expect(await closed).toMatch(/^HTTP\/1.1 408 /);
  });

  test('that is truncated affects nothing else', async () => {
    const { http, port } = await startRelay({ maxRooms: 1 });
    for (let i = 0; i < 20; i++) {
      const { socket, closed } = await talk(port);
      socket.write(`POST / ${HEAD}Content-Length: 65536\r\n\r\n{`, () => socket.resetAndDestroy());
      await closed;
    }
    expect(await post(http, { method: 'create_data_channel' })).toMatchObject({ status: 200 });
  });

  test('is read for 64 requests of an address at a time', async () => {
    const { http, port } = await startRelay({ limitLoopback: true });
    const slow = await Promise.all(
      Array.from({ length: 64 }, async () => {
        const { socket } = await talk(port);
        socket.write(`POST /signaling ${HEAD}Expect: 100-continue\r\nContent-Length: 9\r\n\r\n`);
        await once(socket, 'data');
        return socket;
      }),
    );
    expect(await post(http, { method: 'echo' })).toMatchObject({ status: 429 });
    for (const socket of slow) socket.destroy();
  });
});

test('a request before the answer to the previous one ends the connection', async () => {
  const { port } = await startRelay();
  const { socket, closed } = await talk(port);
  const request = `POST /signaling ${HEAD}Content-Length: 20\r\n\r\n`;
  socket.write(`${request}${BODY}   ${request}${BODY}   `);
  expect((await closed).split(BODY).length).toBeLessThanOrEqual(3);
});

test('a program with its own server can pass requests to the relay', async () => {
  const relay = createRelay();
  onTestFinished(() => relay.close());
  const { createServer } = await import('node:http');
  const server = createServer(relay.handleRequest);
  relay.attach(server);
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => void server.close().closeAllConnections());
  const { port } = server.address() as { port: number };
  const http = `http://127.0.0.1:${port}`;
  expect(await post(http, BODY)).toEqual(json({ method: 'echo' }));
  const { socket, closed } = await talk(port);
  socket.write(
    `POST / ${HEAD}Connection: Upgrade\r\nUpgrade: h2c\r\nContent-Length: ${BODY.length}\r\n\r\n${BODY}`,
  );
  expect(await closed).toMatch(/^HTTP\/1.1 400 /);
});

describe('what an operator sees', () => {
  test('metrics, from the start', async () => {
    const { http } = await startRelay();
    const read = () => freshMetrics(http, async () => (await fetch(`${http}/metrics`)).text());
    const before = await read();
    expect(before).toContain('lobby_relay_signaling_channels 0');
    expect(before).toContain('lobby_relay_signaling_bytes 0');
    const series = 'lobby_relay_signaling_requests_total{method="get_offer",result="error"}';
    expect(before).toContain(`${series} 0`);
    await post(http, { method: 'create_data_channel' });
    await post(http, { method: 'get_offer' });
    const after = await read();
    expect(after).toContain('lobby_relay_signaling_channels 1');
    expect(after).toContain('lobby_relay_signaling_bytes 1024');
    expect(after).toContain(`${series} 1`);
  });

  test('log lines with the dialect, and without ids', async () => {
    const lines: [object, string][] = [];
    const info = (fields: object, message: string) => void lines.push([fields, message]);
    const logger = { debug() {}, info, warn() {}, error() {} } as never;
    const { http, id } = await startChannel({
      logger,
      createToken: '',
      origin: 'http://a.example',
    });
    await post(http, BODY, { headers: { origin: 'http://b.example' } });
    expect(lines).toEqual([
      [{ channel: 1, dialect: 'signaling' }, 'channel opened'],
      [
        {
          code: 1008,
          reason: 'origin not allowed',
          address: '127.0.0.1',
          dialect: 'signaling',
          origin: 'http://b.example',
        },
        'refused',
      ],
    ]);
    expect(JSON.stringify(lines)).not.toContain(id);
  });
});
