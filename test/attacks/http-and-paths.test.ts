import { describe, expect } from 'vitest';
import { upgradeRequest } from '../support/raw-client.js';
import type { RelayProcess } from '../support/relay-process.js';
import { arena } from './arena.js';
import {
  answerTo,
  freshAddress,
  get,
  gone,
  joinRoom,
  KIB,
  MIB,
  openRoom,
  openSocket,
  outcome,
  upgrade,
} from './attackers.js';

/** Invalid request targets, some of which a URL parser would accept. */
const NOWHERE = [
  '//[',
  '//',
  '///CREATE',
  '/../CREATE',
  '/./CREATE',
  '/CREATE/',
  '/create',
  '/CREATE%20',
  '/%43REATE',
  '/%00',
  '/%',
  '/%ff%ff',
  '/__proto__',
  '/constructor',
  '/toString',
  '/..%2f..%2fetc/passwd',
  '/health/',
  '/HEALTH',
  '/;CREATE',
  '/#/CREATE',
  '*',
  'CREATE',
  'http://evil.example/nowhere',
  'http://user@evil.example/CREATE',
  'http:///CREATE',
  'http://[::1',
  'evil.example:443',
  '/\\..\\CREATE',
  `/${'x'.repeat(7 * KIB)}`,
  `/${'/'.repeat(7 * KIB)}`,
  `/${'%2e'.repeat(2 * KIB)}`,
];

/** Paths of four characters, which only rooms have, with codes that no room has. */
const NO_ROOM = ['/AAAA', '/%00%', '/....', '/\u0001\u0002\u0003\u0004', '/BC F', '/кодъ'];

describe('targets and requests', () => {
  const attack = arena(['--misses-per-minute', '0']);

  attack('a WebSocket to an invalid target is accepted and closed with 4004', async (arena) => {
    const { relay } = arena;
    for (const target of NOWHERE) {
      // Node refuses these itself.
      const code = await closeCodeAt(relay, target);
      expect([target, code]).toEqual([target, /^[/*]|^http:/.test(target) ? 4004 : 400]);
    }
    for (const target of ['/AAAA', '/%00%', '/....']) {
      expect([target, await closeCodeAt(relay, target)]).toEqual([target, 4004]);
    }
  });

  attack('a GET of an invalid target is answered with 404 or 400', async ({ relay }) => {
    for (const target of [...NOWHERE, ...NO_ROOM]) {
      const request = `GET ${target} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n`;
      const answer = await answerTo(relay, Buffer.from(request));
      expect([target, answer.slice(0, 12)]).toEqual([
        target,
        expect.stringMatching(/^HTTP\/1\.1 40[04]$/),
      ]);
    }
  });

  attack('very long queries, and queries with names of object properties', async ({ relay }) => {
    for (const query of ['a&'.repeat(3000), '__proto__=1&constructor=2', '%', 'format=json%00']) {
      const host = await upgrade(relay, `/CREATE?${query}`);
      await host.until((bytes) => bytes.includes('state'));
      host.socket.destroy();
    }
  });

  attack('invalid and ambiguous requests', async ({ relay }) => {
    const head = 'Host: x\r\nConnection: close\r\n';
    const requests: [request: string | Buffer, answer: RegExp][] = [
      [Buffer.alloc(64 * KIB, 0), /^HTTP\/1\.1 400 /],
      [Buffer.from('160301020001000001fc0303', 'hex'), /^HTTP\/1\.1 400 /],
      ['GET / HTTP/9.9\r\n\r\n', /^HTTP\/1\.1 (400|505) /],
      ['GET /health HTTP/1.1\r\n\r\n', /^HTTP\/1\.1 400 /],
      ['GET /health HTTP/1.0\r\n\r\n', /^HTTP\/1\.1 200 /],
      [`GET /health HTTP/1.1\r\n${head}Bad Name: x\r\n\r\n`, /^HTTP\/1\.1 400 /],
      [`GET /health HTTP/1.1\r\n${head}X: a\r\n b\r\n\r\n`, /^HTTP\/1\.1 (200|400) /],
      [`GET /health HTTP/1.1\r\n${head}X: \u0000\r\n\r\n`, /^HTTP\/1\.1 400 /],
      [
        `POST / HTTP/1.1\r\n${head}Content-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n`,
        /^HTTP\/1\.1 400 /,
      ],
      [`POST / HTTP/1.1\r\n${head}Content-Length: -1\r\n\r\n`, /^HTTP\/1\.1 400 /],
      [
        `POST / HTTP/1.1\r\n${head}Transfer-Encoding: chunked\r\n\r\nfffffffffffffffff\r\n`,
        /^HTTP\/1\.1 40[05] /,
      ],
      [`CONNECT evil.example:443 HTTP/1.1\r\n${head}\r\n`, /^$/],
      [`TRACE / HTTP/1.1\r\n${head}\r\n`, /^HTTP\/1\.1 405 /],
      [`DELETE /CREATE HTTP/1.1\r\n${head}\r\n`, /^HTTP\/1\.1 405 /],
      [`NONSENSE / HTTP/1.1\r\n${head}\r\n`, /^HTTP\/1\.1 400 /],
      [`GET / HTTP/1.1\r\n${head}Expect: 100-continue\r\n\r\n`, /^HTTP\/1\.1 (100|200) /],
      [`GET / HTTP/1.1\r\n${head}Expect: miracles\r\n\r\n`, /^HTTP\/1\.1 417 /],
      [upgradeRequest('/CREATE').replace('13', '12'), /^HTTP\/1\.1 400 /],
      [upgradeRequest('/CREATE').replace('AAAA==', 'short'), /^HTTP\/1\.1 400 /],
      [upgradeRequest('/CREATE').replace('GET', 'POST'), /^HTTP\/1\.1 405 /],
      [upgradeRequest('/CREATE', 'Sec-WebSocket-Protocol: a,,b\r\n'), /^HTTP\/1\.1 400 /],
    ];
    for (const [request, answer] of requests) {
      expect([request, await answerTo(relay, request)]).toEqual([
        request,
        expect.stringMatching(answer),
      ]);
    }
  });

  attack('10,000 requests in one packet cost their sender the connection', async ({ relay }) => {
    for (const path of ['/', '/metrics', '/health', '/ABCD', '/nowhere']) {
      const request = `GET ${path} HTTP/1.1\r\nHost: x\r\n\r\n`;
      const socket = await openSocket(relay);
      socket.resume();
      socket.write(request.repeat(10_000));
      await gone(socket);
    }
  });

  for (const [use, path, status] of [
    ['that nobody wants', '/health', 405],
    ['for signaling-server', '/', 413],
  ] as const) {
    attack(`bodies of 16 MiB ${use} are answered and not buffered`, async ({ relay }) => {
      const head = `POST ${path} HTTP/1.1\r\nHost: x\r\nContent-Length: ${16 * MIB}\r\n\r\n`;
      const body = Buffer.alloc(16 * MIB);
      const from = freshAddress();
      const answers = await Promise.all(
        Array.from({ length: 10 }, () =>
          answerTo(relay, Buffer.concat([Buffer.from(head), body]), { from }),
        ),
      );
      for (const answer of answers) expect(answer).toMatch(new RegExp(`^HTTP/1\\.1 ${status} `));
    });
  }
});

describe('pages of other origins', () => {
  const attack = arena(['--origin', 'https://game.example, https://other.example'], { rooms: 20 });

  attack(
    'hosts and players of a page that is not on the list are closed with 1008',
    async (arena) => {
      const { relay } = arena;
      const host = await openRoom(relay, { origin: 'https://game.example' });
      const evil = ['https://evil.example', 'null', 'https://game.example.evil.example', ''];
      for (const path of ['/CREATE', `/${host.code}`]) {
        for (const origin of evil.slice(0, 3)) {
          expect(await outcome(relay, path, { origin })).toEqual({
            code: 1008,
            reason: 'origin not allowed',
          });
        }
      }
      await joinRoom(relay, host);
    },
  );
});

describe('a token to open rooms', () => {
  const token = 'a secret of this test';
  const query = `token=${encodeURIComponent(token)}`;
  const attack = arena(['--create-token', token, '--log-level', 'trace'], { rooms: 20, query });

  attack(
    'a host without the token is closed with 1008, and the token is not logged',
    async ({ relay }) => {
      const wrong = [
        ['/CREATE', {}],
        ['/CREATE?token=', {}],
        ['/CREATE?token=wrong-secret', {}],
        [`/CREATE?token=${encodeURIComponent(token)}x`, {}],
        ['/CREATE', { authorization: 'Bearer wrong-secret' }],
        ['/CREATE', { authorization: `Basic ${token}` }],
        ['/CREATE', { authorization: `Bearer ${'x'.repeat(6 * KIB)}` }],
      ] as const;
      for (const [path, headers] of wrong) {
        expect([path, await outcome(relay, path, { headers })]).toEqual([
          path,
          { code: 1008, reason: 'wrong or missing token' },
        ]);
      }
      await openRoom(relay, { query: `?${query}` });
      const host = await openRoom(relay, { headers: { authorization: `Bearer ${token}` } });
      // A player needs no token.
      await joinRoom(relay, host);
      expect(relay.log).not.toMatch(/secret/);
    },
  );
});

describe('a proxy that nobody trusts', () => {
  const attack = arena(['--misses-per-minute', '5'], { rooms: 20 });

  attack('X-Forwarded-For is ignored, with one warning', async ({ relay }) => {
    const from = freshAddress();
    const answers = [];
    for (let n = 0; n < 10; n++) {
      const headers = { from, 'x-forwarded-for': `192.0.2.${n}` };
      answers.push(await get(relay, `/ABC${'BCDFGHJKLM'[n]}`, headers));
    }
    expect(answers.slice(0, 6).sort()).toEqual([404, 404, 404, 404, 404, 429]);
    expect(relay.log.match(/--trust-proxy/g)).toHaveLength(1);
    // The request does not count for the address in the header either.
    expect(await get(relay, '/ABCD', { from: '127.0.99.1' })).toBe(404);
    for (const spoofed of ['', ',,,', 'unknown', '::1', '999.1.1.1', 'x'.repeat(6 * KIB)]) {
      expect(await get(relay, '/ABCD', { from, 'x-forwarded-for': spoofed })).toBe(429);
    }
  });
});

describe('a proxy that is trusted', () => {
  const PROXY = '127.0.98.1';
  const attack = arena(['--misses-per-minute', '5', '--trust-proxy', PROXY], { rooms: 20 });

  async function misses(relay: RelayProcess, ...forwarded: string[]): Promise<number[]> {
    const answers = [];
    for (const [n, address] of forwarded.entries()) {
      const headers = { from: PROXY, 'x-forwarded-for': address };
      answers.push(await get(relay, `/ABC${'BCDFGHJKLM'[n]}`, headers));
    }
    return answers;
  }

  attack('forwarded addresses are counted separately, IPv6 by /64', async ({ relay }) => {
    const one = '198.51.100.7';
    expect(await misses(relay, one, one, one, one, one, one)).toEqual([
      404, 404, 404, 404, 404, 429,
    ]);
    expect(await misses(relay, '198.51.100.8', '198.51.100.9')).toEqual([404, 404]);
    // Addresses before the one that the proxy appended are forged.
    expect(await misses(relay, `203.0.113.1, ${one}`, `203.0.113.2, ${one}`)).toEqual([429, 429]);

    const subnet = Array.from({ length: 6 }, (_, n) => `2001:db8:1:2:${n}::${n}`);
    expect(await misses(relay, ...subnet)).toEqual([404, 404, 404, 404, 404, 429]);
    expect(await misses(relay, '2001:db8:1:3::1')).toEqual([404]);
    expect(relay.log).not.toContain('--trust-proxy');
  });
});

/** The close code of a WebSocket to a raw target, or the HTTP status if there is no WebSocket. */
async function closeCodeAt(relay: RelayProcess, target: string): Promise<number> {
  const answer = Buffer.from(await answerTo(relay, upgradeRequest(target)), 'latin1');
  const end = answer.indexOf('\r\n\r\n') + 4;
  const status = Number(answer.subarray(9, 12).toString());
  return status === 101 ? answer.readUInt16BE(end + 2) : status;
}
