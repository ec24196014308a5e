import { describe, expect, test } from 'vitest';
import { LaunchedServerApi } from '../../../src/launch/launched-server-api.js';
import type { LaunchedServer, ReadyReport } from '../../../src/launch/launched-servers.js';
import { serverVariables } from '../../../src/launch/server-environment.js';
import { ServerKeys, type ServerRight } from '../../../src/launch/server-keys.js';
import { LITTLE_ENDIAN_TOKEN } from '../../support/fleet.js';
import { gameWith } from '../../support/launch.js';

const DIGEST = Array.from({ length: 32 }, (_, n) => `a${n % 10}`).join(':');

function setup() {
  const keys = new ServerKeys();
  const reports: ReadyReport[] = [];
  const calls: string[] = [];
  const game = gameWith({ type: 'command', command: ['x'] }, { ready: 'http', ports: '5-9' });
  const server: LaunchedServer = {
    id: 'a-1',
    keys,
    game,
    contextIp: '127.0.0.1-5',
    reportReady: (report) => reports.push(report),
    claim: (client) => calls.push(`claim ${client}`) > 0 && client === '7',
    leave: (client) => void calls.push(`leave ${client}`),
    openedRoom: () => undefined,
    changedRoom: () => undefined,
    endedRoom: () => undefined,
    requestEnd: () => void calls.push('end'),
  };
  const servers = { find: (id: string) => (id === 'a-1' ? server : undefined) };
  const api = new LaunchedServerApi(servers, { location: { city: 'Oslo' } as never });
  const ready = (body: string | Uint8Array) =>
    api.ready('a-1', keys.tokens.report, typeof body === 'string' ? Buffer.from(body) : body);
  return { api, keys, game, reports, calls, ready };
}

test('the context has the fields that servers made with Bevygap require', () => {
  const { api, keys } = setup();
  expect(api.context('a-1', keys.tokens.context)).toMatchObject({
    is: 'context',
    context: {
      public_ip: '127.0.0.1-5',
      fqdn: '127.0.0.1',
      request_id: 'a-1',
      sockets: 4,
      location: { city: 'Oslo', country: 'Unknown' },
    },
  });
});

test('each token gives one right, and other tokens give none', () => {
  const { api, keys, calls, reports } = setup();
  const requests: Record<ServerRight, (token: string | undefined) => string> = {
    context: (token) => api.context('a-1', token).is,
    delete: (token) => api.end('a-1', token).is,
    report: (token) => api.ready('a-1', token, new Uint8Array()).is,
    create: (token) => (api.allowed('a-1', 'create', token) === undefined ? 'unknown' : 'done'),
  };
  const invalid = [undefined, '', 'x', `${keys.tokens.report} `, 'x'.repeat(100_000)];
  for (const [right, request] of Object.entries(requests)) {
    for (const [other, token] of Object.entries(keys.tokens)) {
      if (other !== right)
        expect([right, other, request(token)]).toEqual([right, other, 'unknown']);
    }
    for (const token of invalid) expect(request(token)).toBe('unknown');
  }
  expect([calls, reports]).toEqual([[], []]);
  for (const [right, request] of Object.entries(requests)) {
    expect(request(keys.tokens[right as ServerRight])).not.toBe('unknown');
  }
  expect(api.claim('a-1', keys.tokens.context, '7').is).toBe('unknown');
  expect(api.context('a-2', keys.tokens.context).is).toBe('unknown');
});

test('a server reports players who connect and disconnect', () => {
  const { api, keys, calls } = setup();
  expect(api.claim('a-1', keys.tokens.report, '7').is).toBe('done');
  expect(api.claim('a-1', keys.tokens.report, '8')).toMatchObject({ is: 'refused', status: 404 });
  expect(api.leave('a-1', keys.tokens.report, '7').is).toBe('done');
  expect(calls).toEqual(['claim 7', 'claim 8', 'leave 7']);
});

describe('a report', () => {
  test.each([
    ['', {}],
    ['{}', {}],
    ['{"ip":null,"port":null,"x":1}', {}],
    ['{"ip":"::1","port":5}', { ip: '::1', port: 5 }],
    [`{"cert_digest":"${DIGEST}"}`, { certDigest: DIGEST }],
    [`{"cert_digest":"${DIGEST.replaceAll(':', '').toUpperCase()}"}`, { certDigest: DIGEST }],
  ])('%j is accepted', (body, report) => {
    const { ready, reports } = setup();
    expect(ready(body)).toEqual({ is: 'done' });
    expect(reports).toEqual([{ ip: undefined, port: undefined, certDigest: undefined, ...report }]);
  });

  test.each([
    ['{', 'expected JSON'],
    ['[]', 'expected an object'],
    ['null', 'expected an object'],
    ['{"ip":"localhost"}', 'ip: expected an IPv4 or IPv6 address without brackets'],
    ['{"ip":5}', 'ip: expected an IPv4 or IPv6 address without brackets'],
    ['{"port":0}', 'port: expected a whole number from 1 to 65535'],
    ['{"port":"5"}', 'port: expected a whole number from 1 to 65535'],
    ['{"cert_digest":"a1:b2"}', 'cert_digest: expected a SHA-256 digest in hex'],
  ])('%j is refused', (body, reason) => {
    const { ready, reports } = setup();
    expect(ready(body)).toEqual({ is: 'refused', status: 400, reason });
    expect(reports).toEqual([]);
  });

  test('that is not UTF-8, or too large, is refused', () => {
    const { ready } = setup();
    expect(ready(new Uint8Array([0xff, 0xfe]))).toMatchObject({ status: 400 });
    expect(ready(' '.repeat(4097))).toMatchObject({ status: 413 });
    expect(ready(`{}${' '.repeat(4094)}`)).toEqual({ is: 'done' });
  });
});

test("a server's variables contain the URLs of this API, and its tokens are secrets", () => {
  const { keys, game } = setup();
  const server = { id: 'a-1', keys, port: 5 };
  const config = { nats: undefined, location: undefined };
  const { environment, secrets } = serverVariables(server, game, config, 'http://127.0.0.1:81');
  expect(environment).toMatchObject({
    ARBITRIUM_REQUEST_ID: 'a-1',
    ARBITRIUM_CONTEXT_URL: 'http://127.0.0.1:81/launch/a-1/context',
    ARBITRIUM_CONTEXT_TOKEN: keys.tokens.context,
    ARBITRIUM_DELETE_URL: 'http://127.0.0.1:81/launch/a-1',
    ARBITRIUM_DELETE_TOKEN: keys.tokens.delete,
    ARBITRIUM_PUBLIC_IP: '127.0.0.1',
    LAUNCH_READY_URL: 'http://127.0.0.1:81/launch/a-1/ready',
    LAUNCH_CREATE_URL: `ws://127.0.0.1:81/CREATE?launch=a-1.${keys.tokens.create}`,
    LAUNCH_PORT: '5',
  });
  expect(JSON.parse(environment['ARBITRIUM_PORTS_MAPPING'] ?? '')).toEqual({
    ports: { gameport: { name: 'gameport', internal: 5, external: 5, protocol: 'UDP' } },
  });
  expect(JSON.parse(environment['ARBITRIUM_DEPLOYMENT_LOCATION'] ?? '')).toHaveProperty('city');
  expect(secrets).toEqual(Object.values(keys.tokens));
  // The relay's own options start with this.
  expect(Object.keys(environment).filter((name) => name.startsWith('LOBBY_RELAY'))).toEqual([]);
});

test('the key of connect tokens is a secret in every form in which servers print it', () => {
  const { keys, game } = setup();
  const config = { nats: undefined, location: undefined };
  const withKey = { ...game, token: LITTLE_ENDIAN_TOKEN };
  const server = { id: 'a-1', keys, port: 5 };
  const { secrets } = serverVariables(server, withKey, config, 'http://127.0.0.1:81');
  const forms = [
    '1,2,3,4,5,6,7,8,9,0,',
    '1, 2, 3, 4, 5, 6, 7, 8, 9, 0, ',
    '01020304050607080900',
    'AQIDBAUGBwgJ',
  ];
  for (const form of forms) {
    expect(secrets.filter((secret) => secret.startsWith(form))).toHaveLength(1);
  }
});
