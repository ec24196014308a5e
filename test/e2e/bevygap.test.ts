import { once } from 'node:events';
import { request as httpRequest, type IncomingMessage } from 'node:http';
import { text } from 'node:stream/consumers';
import { describe, expect, onTestFinished, test } from 'vitest';
import { type ClientOptions, WebSocket } from 'ws';
import type { RelayOptions } from '../../src/index.js';
import { LaunchError } from '../../src/launch/matchmaker.js';
import { Client, type Message } from '../support/clients.js';
import { failing, PLACE, TestMatchmaker } from '../support/matchmaker.js';
import { freshMetrics } from '../support/metrics.js';
import { startRelay } from '../support/relay.js';

/*
 * The numbers of cases are those of the dialect's specification. A fake matchmaker replaces game servers.
 */

/** A relay with a matchmaker whose answers the test gives. */
async function setup(options: RelayOptions = {}) {
  const matchmaker = new TestMatchmaker();
  return { ...(await startRelay({ matchmaker, ...options })), matchmaker };
}

/** Removes the seconds from values and events, because they depend on the load of the machine. */
function withoutSeconds(values: string): string {
  return values.replaceAll(/ \(\d+\)"|"elapsed":\d+/g, (found) => found.replace(/\d+/, 'N'));
}

/** Connects a client to `/matchmaker/ws`, which reads values as text. */
async function connect(
  url: string,
  query = '',
  options: ClientOptions = {},
): Promise<Client<string>> {
  const read = ({ data, binary }: Message): string => {
    if (binary) throw new Error('Bevygap has no binary frames');
    return withoutSeconds(data.toString());
  };
  const client = new Client(new WebSocket(`${url}/matchmaker/ws${query}`, options), read);
  onTestFinished(() => client.cut());
  await once(client.socket, 'open');
  return client;
}

const GOODBYE = { code: 1000, reason: 'Goodbye' };

const REQUEST = JSON.stringify({ game: 'g', version: '1' });

const TOKEN = Buffer.alloc(2048, 7).toString('base64');

const READY = `{"SessionReady":{"token":"${TOKEN}","ip":"203.0.113.7","port":30004,"cert_digest":"e3:76"}}`;

/** All values of a request that is answered at once. */
const ALL_VALUES = [
  '"Acknowledged"',
  '{"SessionRequestAccepted":"the-session-1"}',
  '{"ProgressReport":"Ready (N)"}',
  READY,
];

/** Reads the values up to the last one. */
async function remaining(client: Client<string>): Promise<string[]> {
  const values: string[] = [];
  for (;;) {
    const value = await client.next();
    values.push(value);
    if (value.startsWith('{"Error"') || value.startsWith('{"SessionReady"')) return values;
  }
}

describe('WebSocket', () => {
  test('a request is acknowledged and accepted, then gets progress and an answer (1)', async () => {
    const { url, matchmaker } = await setup();
    const client = await connect(url);
    client.send(REQUEST);
    const pending = await matchmaker.requests.next();
    expect(await client.next()).toBe('"Acknowledged"');
    pending.accepted('950dd2eaff09-S');
    expect(await client.next()).toBe('{"SessionRequestAccepted":"950dd2eaff09-S"}');
    pending.progress('Deploying');
    expect(await client.next()).toBe('{"ProgressReport":"Deploying (N)"}');
    expect(await client.next()).toBe('{"ProgressReport":"Deploying (N)"}');
    pending.ready(PLACE);
    expect(await client.next()).toBe('{"ProgressReport":"Ready (N)"}');
    expect(await client.next()).toBe(READY);
    expect(await client.closed).toEqual(GOODBYE);
    expect(pending.isCancelled).toBe(false);
  });

  test('the token is 2,732 characters of base64 (2)', () => {
    expect(TOKEN).toHaveLength(2732);
  });

  test.each([
    { client_ip: null },
    { client_ip: '192.0.2.9' },
    { room: { mode: 'auto' }, player_limit: 4, x: 1 },
  ])('%j is ignored (4)', async (more) => {
    const { url, matchmaker } = await setup();
    const client = await connect(url);
    client.send(JSON.stringify({ game: 'g', version: '1', ...more }));
    const pending = await matchmaker.answer();
    expect(await remaining(client)).toEqual(ALL_VALUES);
    expect(pending.request).toEqual({
      game: 'g',
      version: '1',
      clientAddress: '127.0.0.1',
      party: undefined,
      mayStart: expect.any(Function),
    });
  });

  test.each([
    ['{"game":"a b","version":"1"}', 'Game name invalid'],
    ['{"game":"","version":"1"}', 'Game name invalid'],
    ['{"game":"a.b","version":"1"}', 'Game name invalid'],
    [`{"game":"${'x'.repeat(31)}","version":"1"}`, 'Game name too long (max 30 chars)'],
    ['{"game":"g","version":"*"}', 'Game version invalid'],
    [`{"game":"g","version":"${'1'.repeat(31)}"}`, 'Game version too long (max 30 chars)'],
    ['{', 'expected a text message'],
    ['[]', 'expected a text message'],
    ['{"game":"g"}', 'expected a text message'],
    [Buffer.from(REQUEST), 'expected a text message'],
    ['{"game":"g","version":"1","party":{}}', 'expected a party'],
  ])('%s gets an error (5)', async (message, reason) => {
    const { url, matchmaker } = await setup();
    const client = await connect(url);
    client.send(message);
    expect(JSON.parse(await client.next())).toEqual({
      Error: [400, expect.stringContaining(reason)],
    });
    expect(await client.closed).toEqual(GOODBYE);
    expect(matchmaker.count).toBe(0);
  });

  test('a client that sends no request gets an error (5)', async () => {
    const { url } = await setup({ requestTimeout: 0.1 });
    const client = await connect(url);
    expect(await client.next()).toBe('{"Error":[400,"no request in time"]}');
    expect(await client.closed).toEqual(GOODBYE);
  });

  test('a message of more than 4 KiB closes the connection', async () => {
    const { url } = await setup();
    const client = await connect(url);
    client.send(`{"game":"g","version":"1","x":"${'x'.repeat(4096)}"}`);
    expect(await client.closed).toEqual({ code: 1009, reason: 'message too big' });
  });

  test('a game that is not served is not found (6)', async () => {
    const { url } = await setup();
    const client = await connect(url);
    client.send('{"game":"g","version":"3"}');
    expect(await client.next()).toBe('{"Error":[404,"no game g, version 3 is served here"]}');
    expect(await client.closed).toEqual(GOODBYE);
  });

  test.each([
    [500, 'the server has ended'],
    [408, 'session still not ready, timed out.'],
    [409, 'all servers are full'],
  ] as const)('an error of the matchmaker is the last value: %i (7)', async (status, reason) => {
    const { url } = await setup({ matchmaker: failing(new LaunchError(status, reason)) });
    const client = await connect(url);
    client.send(REQUEST);
    expect(await remaining(client)).toEqual([
      '"Acknowledged"',
      `{"Error":[${status},"${reason}"]}`,
    ]);
    expect(await client.closed).toEqual(GOODBYE);
  });

  test('a game that is played in a room is refused', async () => {
    const { url, matchmaker } = await setup();
    const client = await connect(url);
    client.send('{"game":"party","version":"1"}');
    expect(await client.next()).toBe(
      '{"Error":[400,"this game is played in a room: ask for it at /matchmaker/play"]}',
    );
    expect(matchmaker.count).toBe(0);
  });

  test('a request can have a party', async () => {
    const { url, matchmaker } = await setup();
    const client = await connect(url);
    const party = { ticket: 'a-ticket', size: 2 };
    client.send(JSON.stringify({ game: 'g', version: '1', party }));
    expect((await matchmaker.answer()).request.party).toEqual(party);
  });

  test.each(['leave', 'cut'] as const)(
    'a client that leaves, by %s, cancels at once',
    async (how) => {
      const { url, matchmaker } = await setup();
      const client = await connect(url);
      client.send(REQUEST);
      const pending = await matchmaker.accepted();
      await client[how]();
      await pending.cancelled;
    },
  );

  test('there is one request for each connection', async () => {
    const { url, matchmaker } = await setup();
    const client = await connect(url);
    for (let n = 0; n < 3; n++) client.send(REQUEST);
    client.send('{');
    await matchmaker.answer();
    expect(await remaining(client)).toEqual(ALL_VALUES);
    expect(await client.closed).toEqual(GOODBYE);
    expect(matchmaker.count).toBe(1);
  });

  test('connections have a role of their own in the metrics', async () => {
    const { url, http } = await setup();
    await connect(url);
    const text = await freshMetrics(http);
    expect(text).toContain('lobby_relay_connections{role="requester",dialect="bevygap"} 1\n');
    const without = await startRelay();
    expect(await freshMetrics(without.http)).not.toContain('requester');
  });

  test('a client with an origin that is not allowed gets an error', async () => {
    const { url } = await setup({ origin: 'https://a.example' });
    const client = await connect(url, '', { origin: 'https://b.example' });
    expect(await client.next()).toBe('{"Error":[403,"origin not allowed"]}');
    expect(await client.closed).toEqual({ code: 1008, reason: 'origin not allowed' });
  });

  test('a client beyond the limit of connections gets an error', async () => {
    const { url } = await setup({ connectionsPerAddress: 1, limitLoopback: true });
    await connect(url);
    const client = await connect(url);
    expect(await client.next()).toBe('{"Error":[503,"relay full"]}');
    expect(await client.closed).toEqual({ code: 1013, reason: 'relay full' });
  });

  test('servers that are started for one address are limited in the same way as rooms', async () => {
    const { url, matchmaker } = await setup({ roomsPerMinute: 1, limitLoopback: true });
    const first = await connect(url);
    first.send(REQUEST);
    expect((await matchmaker.answer()).request.mayStart()).toBeUndefined();
    const second = await connect(url);
    second.send(REQUEST);
    const pending = await matchmaker.accepted();
    pending.failed(pending.request.mayStart() as LaunchError);
    const values = [await second.next(), await second.next(), await second.next()];
    expect(values.at(-1)).toBe('{"Error":[429,"too many attempts"]}');
    expect(await second.closed).toEqual(GOODBYE);
  });

  test('a relay that shuts down ends requests, and connections without one', async () => {
    const { url, matchmaker, relay } = await setup();
    const [waiting, silent] = [await connect(url), await connect(url)];
    waiting.send(REQUEST);
    const pending = await matchmaker.accepted();
    expect(await waiting.next()).toBe('"Acknowledged"');
    await waiting.next();
    await Promise.all([relay.close(), pending.cancelled]);
    expect(await waiting.next()).toBe('{"Error":[503,"relay restarting"]}');
    expect(await waiting.closed).toEqual(GOODBYE);
    expect(await silent.next()).toBe('{"Error":[503,"relay restarting"]}');
    expect(await silent.closed).toEqual({ code: 1012, reason: 'relay restarting' });
  });

  test('a relay that drains refuses new requests', async () => {
    const { url, relay } = await setup({ drain: 600 });
    const host = new WebSocket(`${url}/CREATE?format=json`);
    onTestFinished(() => host.terminate());
    await once(host, 'open');
    host.send('{"cmd":"prepare","max_players":1}');
    await once(host, 'message');
    while (relay.rooms === 0) await once(host, 'message');
    const closed = relay.close();
    const client = await connect(url);
    client.send(REQUEST);
    expect(await client.next()).toBe('{"Error":[503,"relay restarting"]}');
    host.send('{"cmd":"stop"}');
    await closed;
  });
});

/** Sends a POST, and waits for the head of the response. */
async function post(
  http: string,
  path: string,
  { body = '', ...headers }: Record<string, string> = {},
): Promise<IncomingMessage> {
  const request = httpRequest(http + path, { method: 'POST', headers });
  onTestFinished(() => void request.destroy());
  request.on('error', () => {});
  request.end(body);
  const [response] = (await once(request, 'response')) as [IncomingMessage];
  return response;
}

/** Reads a response: status, type and body. */
async function answerOf(response: IncomingMessage) {
  const { statusCode: status, headers } = response;
  return { status, type: headers['content-type'], body: withoutSeconds(await text(response)) };
}

const EVENTS = [
  'event: acknowledged\ndata: {}\n\n',
  'event: accepted\ndata: {"session":"the-session-1"}\n\n',
  'event: progress\ndata: {"status":"Ready","elapsed":N}\n\n',
].join('');

describe('HTTP', () => {
  test('a request is answered with the same values, without separators (11)', async () => {
    const { http, matchmaker } = await setup();
    const answer = post(http, '/matchmaker/request/g/1');
    await matchmaker.answer();
    expect(await answerOf(await answer)).toEqual({
      status: 200,
      type: 'application/json',
      body: ALL_VALUES.join(''),
    });
  });

  test('wannaplay has one answer, for the default game (11)', async () => {
    const { http, matchmaker } = await setup();
    const answer = post(http, '/matchmaker/wannaplay');
    const { request } = await matchmaker.answer();
    expect(request).toMatchObject({ game: 'g', version: '1' });
    expect(await answerOf(await answer)).toEqual({
      status: 200,
      type: 'text/json',
      body:
        `{"connect_token":"${TOKEN}","gameserver_ip":"203.0.113.7",` +
        '"gameserver_port":30004,"cert_digest":"e3:76"}',
    });
  });

  test('play is answered with events, also with a room', async () => {
    const { http, matchmaker } = await setup();
    const server = post(http, '/matchmaker/play/g/2');
    expect((await matchmaker.answer()).request).toMatchObject({ game: 'g', version: '2' });
    expect(await answerOf(await server)).toEqual({
      status: 200,
      type: 'text/event-stream',
      body: `${EVENTS}event: ready\ndata: {"server":{"ip":"203.0.113.7","port":30004,"cert_digest":"e3:76","token":"${TOKEN}"}}\n\n`,
    });
    const room = post(http, '/matchmaker/play/party');
    const pending = await matchmaker.answer({ is: 'room', code: 'BCDF' });
    expect(pending.request).toMatchObject({ game: 'party', version: '1' });
    const { body } = await answerOf(await room);
    expect(body).toBe(`${EVENTS}event: ready\ndata: {"room":{"code":"BCDF"}}\n\n`);
  });

  test('parts arrive when they are written, and have headers that prevent buffering in proxies', async () => {
    const { http, matchmaker } = await setup();
    const response = await post(http, '/matchmaker/play/g');
    expect(response.headers).toMatchObject({
      'access-control-allow-origin': '*',
      'cache-control': 'no-store',
      'x-accel-buffering': 'no',
    });
    const parts = response.setEncoding('utf8')[Symbol.asyncIterator]();
    const next = async (): Promise<string> => withoutSeconds((await parts.next()).value);
    expect(await next()).toBe('event: acknowledged\ndata: {}\n\n');
    const pending = await matchmaker.accepted();
    expect(await next()).toBe('event: accepted\ndata: {"session":"the-session-1"}\n\n');
    expect(await next()).toBe('event: progress\ndata: {"status":"Waiting","elapsed":N}\n\n');
    pending.failed(new LaunchError(409, 'all servers are full'));
    expect(await next()).toBe(
      'event: error\ndata: {"status":409,"reason":"all servers are full"}\n\n',
    );
    expect((await parts.next()).done).toBe(true);
  });

  test.each([
    ['/matchmaker/request/a%20b/1', 400, '{"Error":[400,"Game name invalid"]}'],
    ['/matchmaker/request/g/3', 404, '{"Error":[404,"no game g, version 3 is served here"]}'],
    [
      '/matchmaker/request/g/1?client_ip=nonsense',
      400,
      '{"Error":[400,"client_ip is no IP address"]}',
    ],
    [
      '/matchmaker/play/other',
      404,
      'event: error\ndata: {"status":404,"reason":"no game other is served here"}\n\n',
    ],
    ['/matchmaker/wannaplay?client_ip=nonsense', 400, 'client_ip is no IP address'],
  ])('%s is refused, also with an HTTP status', async (path, status, body) => {
    const { http, matchmaker } = await setup();
    expect(await answerOf(await post(http, path))).toMatchObject({ status, body });
    expect(matchmaker.count).toBe(0);
  });

  test('a party is in the query', async () => {
    const { http, matchmaker } = await setup();
    post(http, '/matchmaker/play/g?party=a-ticket&size=3');
    const { request } = await matchmaker.answer();
    expect(request.party).toEqual({ ticket: 'a-ticket', size: 3 });
    const refused = await answerOf(await post(http, '/matchmaker/play/g?party=a-ticket'));
    expect(refused).toMatchObject({ status: 400, body: expect.stringContaining('a party') });
  });

  test('an error of the matchmaker is the answer to wannaplay (7)', async () => {
    const matchmaker = failing(new LaunchError(408, 'Request timeout'));
    const { http } = await setup({ matchmaker });
    const answer = await answerOf(await post(http, '/matchmaker/wannaplay'));
    expect(answer).toEqual({ status: 408, type: 'text/plain', body: 'Request timeout' });
  });

  test('a body is read and ignored', async () => {
    const { http, matchmaker } = await setup();
    const answer = post(http, '/matchmaker/request/g/1', { body: '{"game":"other"}' });
    await matchmaker.answer();
    expect((await answerOf(await answer)).body).toBe(ALL_VALUES.join(''));
    const large = await post(http, '/matchmaker/request/g/1', { body: 'x'.repeat(65_537) });
    expect(large.statusCode).toBe(413);
  });

  test.each(['request/g/1', 'play/g', 'wannaplay'])(
    'a client that leaves %s cancels',
    async (path) => {
      const { http, matchmaker } = await setup();
      const request = httpRequest(`${http}/matchmaker/${path}`, { method: 'POST' }).end();
      request.on('error', () => {});
      const pending = await matchmaker.accepted();
      request.destroy();
      await pending.cancelled;
    },
  );

  test('a request may take longer than the limit for stalled connections', async () => {
    const { http, matchmaker } = await setup({ stall: 0.1 });
    const answer = post(http, '/matchmaker/wannaplay');
    const pending = await matchmaker.accepted();
    // The answer to this request is sent when its socket has been idle for a multiple of the limit.
    const slow = await post(http, '/matchmaker/play/g');
    const other = await matchmaker.accepted('another-1');
    const events = slow.setEncoding('utf8')[Symbol.asyncIterator]();
    while (!(await events.next()).value.includes('"elapsed":1')) {}
    other.ready(PLACE);
    pending.ready(PLACE);
    expect((await answer).statusCode).toBe(200);
  });

  test('a relay that shuts down ends streams', async () => {
    const { http, matchmaker, relay } = await setup();
    const streamed = await post(http, '/matchmaker/request/g/1');
    const whole = post(http, '/matchmaker/wannaplay');
    const requests = [await matchmaker.requests.next(), await matchmaker.requests.next()];
    const bodies = [text(streamed), whole.then(answerOf)];
    await relay.close();
    await Promise.all(requests.map(({ cancelled }) => cancelled));
    expect(await bodies[0]).toBe('"Acknowledged"{"Error":[503,"relay restarting"]}');
    expect(await bodies[1]).toMatchObject({ status: 503, body: 'relay restarting' });
  });

  test('only POST is allowed, from any origin', async () => {
    const { http } = await setup();
    for (const path of ['request/g/1', 'play/g', 'play/g/1', 'wannaplay']) {
      const url = `${http}/matchmaker/${path}`;
      const read = await fetch(url);
      expect([read.status, read.headers.get('allow')]).toEqual([405, 'POST, OPTIONS']);
      const preflight = await fetch(url, { method: 'OPTIONS' });
      expect(preflight.status).toBe(204);
      expect(preflight.headers.get('access-control-allow-methods')).toBe('POST');
    }
    expect((await fetch(`${http}/matchmaker/ws`)).status).toBe(426);
  });

  test('an origin that is not allowed is refused', async () => {
    const { http, matchmaker } = await setup({ origin: 'https://a.example' });
    const origin = 'https://b.example';
    const answer = await answerOf(await post(http, '/matchmaker/wannaplay', { origin }));
    expect(answer).toMatchObject({ status: 403, body: 'origin not allowed' });
    expect(matchmaker.count).toBe(0);
  });

  test('requests of one address are limited', async () => {
    const { http, matchmaker } = await setup({ limitLoopback: true });
    matchmaker.requestPlace = failing(new LaunchError(409, 'full')).requestPlace;
    let accepted = 0;
    let response = await post(http, '/matchmaker/play/g');
    // More than the burst: while these are answered, the limit allows further requests.
    for (; response.statusCode === 200 && accepted < 1_000; accepted++) {
      await text(response);
      response = await post(http, '/matchmaker/play/g');
    }
    expect(accepted).toBeGreaterThanOrEqual(256);
    expect([response.statusCode, response.headers['retry-after']]).toEqual([429, '1']);
  });
});

describe('the address of a player (12)', () => {
  const forwarded = { 'x-forwarded-for': '192.0.2.7' };

  test.each([
    ['', '', {}, '127.0.0.1'],
    ['', '?client_ip=', {}, '127.0.0.1'],
    ['', '?client_ip=198.51.100.1', {}, '198.51.100.1'],
    ['', '?client_ip=198.51.100.1', forwarded, '198.51.100.1'],
    ['', '', forwarded, '127.0.0.1'],
    ['loopback', '', forwarded, '192.0.2.7'],
    ['loopback', '?client_ip=198.51.100.1', forwarded, '192.0.2.7'],
    ['loopback', '?client_ip=198.51.100.1', {}, '198.51.100.1'],
    ['loopback', '', { 'x-forwarded-for': '2001:db8::1' }, '2001:db8:0:0:0:0:0:1'],
  ])('--trust-proxy "%s", "%s", %j', async (trustProxy, query, headers, clientAddress) => {
    const { http, url, matchmaker } = await setup({ trustProxy });
    post(http, `/matchmaker/wannaplay${query}`, headers as Record<string, string>);
    expect((await matchmaker.answer()).request.clientAddress).toBe(clientAddress);
    const client = await connect(url, query, { headers });
    client.send(REQUEST);
    expect((await matchmaker.answer()).request.clientAddress).toBe(clientAddress);
  });

  test('that is invalid is refused, also from a trusted proxy', async () => {
    const { url } = await setup({ trustProxy: 'loopback' });
    const client = await connect(url, '?client_ip=nonsense', { headers: forwarded });
    client.send(REQUEST);
    expect(await client.next()).toBe('{"Error":[400,"client_ip is no IP address"]}');
  });
});

describe('without game servers', () => {
  test.each([{ matchmaker: undefined }, { dialects: 'wmbp,bellhop' }])(
    'no path exists: %j',
    async (options) => {
      const { http, url } = await setup(options as RelayOptions);
      for (const path of ['wannaplay', 'play/g', 'request/g/1', 'ws']) {
        expect((await post(http, `/matchmaker/${path}`)).statusCode).toBe(405);
        expect((await fetch(`${http}/matchmaker/${path}`)).status).toBe(404);
      }
      const client = await connect(url);
      expect(await client.closed).toEqual({ code: 4004, reason: 'no such room' });
    },
  );
});
