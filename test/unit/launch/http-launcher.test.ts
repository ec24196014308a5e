import { describe, expect, onTestFinished, test } from 'vitest';
import type { HttpConfig } from '../../../src/launch/config/launchers.js';
import { HttpLauncher } from '../../../src/launch/http/http-launcher.js';
import type { Launched } from '../../../src/launch/launcher.js';
import { SYSTEM_TIMERS, type Timers } from '../../../src/launch/timers.js';
import { gameWith, Heard, KeptLog, orderWith } from '../../support/launch.js';
import { type Answering, FakeEdgegap, json } from './edgegap.js';

const CREATED = json(200, { session_id: 'abc-S' });

function session(status: string, rest: object = {}): Answering {
  return json(200, { session_id: 'abc-S', status, ready: false, elapsed: 3, ...rest });
}

function ready(ports: unknown = { game: { external: 30_004 } }, ip: unknown = '203.0.113.7') {
  return session('Ready', { ready: true, deployment: { public_ip: ip, ports } });
}

/** Long pauses are over at once, and remembered. */
class QuickTimers implements Timers {
  readonly pauses: number[] = [];

  now(): number {
    return SYSTEM_TIMERS.now();
  }

  after(milliseconds: number, action: () => void): () => void {
    this.pauses.push(milliseconds);
    return SYSTEM_TIMERS.after(1, action);
  }
}

interface Run {
  readonly service: FakeEdgegap;
  readonly heard: Heard;
  readonly log: KeptLog;
  readonly server: Launched;
  readonly timers: QuickTimers;
}

async function run(
  answers: { POST?: Answering[]; GET?: Answering[]; DELETE?: Answering[] },
  config: object = {},
): Promise<Run> {
  const service = await FakeEdgegap.start();
  Object.assign(
    service.answers,
    { POST: [CREATED], GET: [ready()], DELETE: [json(200, {})] },
    answers,
  );
  const log = new KeptLog();
  const game = gameWith(
    { type: 'http', url: `${service.url}/`, authorization: { variable: 'X' }, ...config },
    { ready: 'launcher' },
  );
  const timers = new QuickTimers();
  const launcher = new HttpLauncher(game, game.launcher as HttpConfig, { log, timers });
  const heard = new Heard();
  const server = launcher.start(orderWith(), heard);
  onTestFinished(() => server.stop());
  return { service, heard, log, server, timers };
}

test('a session is asked for, watched until it is ready, and deleted', async () => {
  const { service, heard, server } = await run({
    GET: [session('Deploying'), session('Deploying'), session('Waiting'), ready()],
  });
  expect(await heard.runs).toEqual({ ip: '203.0.113.7', port: 30_004, certDigest: undefined });
  expect(heard.words).toEqual(['Deploying', 'Waiting', 'Ready']);
  await server.stop();
  expect(await heard.end).toEqual({ why: 'stopped', error: undefined });
  expect(service.got[0]).toEqual({
    line: 'POST /v1/session',
    authorization: 'token s3cret',
    body: JSON.stringify({ app_name: 'tanks', ip_list: ['198.51.100.9'] }),
  });
  expect(service.got.at(-1)?.line).toBe('DELETE /v1/session/abc-S');
  expect(new Set(service.got.map(({ authorization }) => authorization))).toEqual(
    new Set(['token s3cret']),
  );
});

test('the application and the port are those of the configuration', async () => {
  const ports = { web: { external: 443 }, game: { external: 30_004 } };
  const { service, heard } = await run({ GET: [ready(ports)] }, { app: 'my-tanks', port: 'game' });
  expect(await heard.runs).toMatchObject({ port: 30_004 });
  expect(service.got[0]?.body).toContain('"app_name":"my-tanks"');
});

test("a session's id cannot lead to another path", async () => {
  const { service, heard, server } = await run({
    POST: [json(200, { session_id: '../x?y#z/..' })],
  });
  await heard.runs;
  await server.stop();
  expect(service.got.slice(1).map(({ line }) => line.split(' ')[1])).not.toContain('/v1/x');
  expect(service.got.at(-1)?.line).toBe('DELETE /v1/session/..%2Fx%3Fy%23z%2F..');
});

describe('a service that refuses', () => {
  test.each([
    [400, { message: 'No such app\n\u0007' }, 400, 'No such app'],
    [409, {}, 409, 'The launcher refuses.'],
    [409, { message: 'token s3cret is busy' }, 409, '[secret] is busy'],
    [400, { message: 'no such token: s3cret' }, 400, 'no such token: [secret]'],
    [401, { message: 'Bad token' }, 503, 'The launcher starts no server now.'],
    [500, 'oops', 503, 'The launcher starts no server now.'],
    [302, '', 503, 'The launcher starts no server now.'],
  ])('with %i %j is reported with %i %s', async (status, body, shown, words) => {
    const { heard, service } = await run({ POST: [json(status, body)] });
    const { why, error } = await heard.end;
    expect([error?.status, error?.message]).toEqual([shown, words]);
    expect(why).toContain(String(status));
    expect(why).not.toContain('s3cret');
    expect(service.got).toHaveLength(1);
  });
});

describe('a service that answers nonsense', () => {
  test.each([
    ['no id', json(200, {})],
    ['an id that is the path above', json(200, { session_id: '..' })],
    ['an id that is no text', json(200, { session_id: 5 })],
    ['a list', json(200, [])],
    ['no JSON', (response) => void response.end('<html>')],
    ['too much', (response) => void response.end('x'.repeat(300_000))],
    [
      'half an answer',
      (response) => {
        response.writeHead(200, { 'content-length': 100 });
        response.write('{');
        setImmediate(() => response.destroy());
      },
    ],
  ] as [string, Answering][])('to the request: %s', async (_, answer) => {
    const { heard } = await run({ POST: [answer] });
    expect((await heard.end).error).toMatchObject({ status: 502 });
  });

  test.each([
    ['no address', ready({ game: { external: 1 } }, null)],
    ['a host name', ready({ game: { external: 1 } }, 'example.org')],
    ['no ports', ready({})],
    ['two ports', ready({ a: { external: 1 }, b: { external: 2 } })],
    ['a port beyond all', ready({ a: { external: 65_536 } })],
    ['a port as text', ready({ a: { external: '80' } })],
    ['ports that are none', ready('x')],
  ])('to the question: ready with %s', async (_, answer) => {
    const { heard, service } = await run({ GET: [answer] });
    expect((await heard.end).why).toBe('the session is ready, but its address is unusable');
    await service.asked(/^DELETE/);
    expect(heard.all).toEqual(['progress', 'ended']);
  });

  test('to every question: it is given up and deleted', async () => {
    const { heard, service } = await run({ GET: [json(200, 'x')] });
    expect((await heard.end).why).toBe('the service answered 200 for a session');
    await service.asked(/^DELETE/);
    expect(service.got.filter(({ line }) => line.startsWith('GET'))).toHaveLength(10);
  });

  test('once: it is asked again', async () => {
    const { heard } = await run({ GET: [json(500, {}), json(200, 'x'), ready()] });
    expect(await heard.runs).toMatchObject({ port: 30_004 });
  });
});

test('a session that fails has ended, and is deleted', async () => {
  const { heard, service } = await run({ GET: [session('Error')] });
  expect((await heard.end).why).toBe('the session has failed: Error');
  await service.asked(/^DELETE/);
});

test.each([404, 410])('a session that is gone (%i) has ended', async (status) => {
  const { heard, timers } = await run({ GET: [ready(), json(status, {})] });
  expect((await heard.end).why).toBe('the service has ended the session');
  expect(heard.all).toEqual(['progress', 'running', 'ended']);
  // A server that runs is looked at less often.
  expect(timers.pauses.slice(0, 2)).toEqual([500, 10_000]);
});

test('a server that runs goes on while its service does not answer', async () => {
  const failing = Array.from({ length: 30 }, () => json(500, {}));
  const { heard } = await run({ GET: [ready(), ...failing, json(404, {})] });
  expect((await heard.end).why).toBe('the service has ended the session');
});

test('a service that hangs is given up', async () => {
  const { heard } = await run({ POST: [() => undefined] }, { requestTimeout: 0.1 });
  expect(await heard.end).toMatchObject({ why: 'no answer in time', error: { status: 502 } });
});

test('a server that is stopped before there is a session is deleted when there is one', async () => {
  let create = (): void => undefined;
  const slow: Answering = (response) => {
    create = () => CREATED(response, undefined as never);
  };
  const { heard, service, server } = await run({ POST: [slow] });
  await service.asked(/^POST/);
  const stopped = server.stop();
  create();
  await stopped;
  expect(await heard.end).toMatchObject({ why: 'stopped' });
  expect(service.got.map(({ line }) => line)).toEqual([
    'POST /v1/session',
    'DELETE /v1/session/abc-S',
  ]);
});

test.each([200, 404, 410])('deleting is tried until %i, with growing pauses', async (status) => {
  const failing = Array.from({ length: 9 }, () => json(503, {}));
  const { heard, server, service, timers, log } = await run({
    DELETE: [...failing, json(status, {})],
  });
  await heard.runs;
  timers.pauses.length = 0;
  await server.stop();
  expect(timers.pauses.slice(-9)).toEqual([
    500, 1000, 2000, 4000, 8000, 16_000, 32_000, 60_000, 60_000,
  ]);
  expect(service.got.filter(({ line }) => line.startsWith('DELETE'))).toHaveLength(10);
  expect(log.failures).toEqual([]);
});

test('a session that can never be deleted is given up and logged', async () => {
  const { heard, server, log } = await run({ DELETE: [json(503, {})] });
  await heard.runs;
  await server.stop();
  await heard.end;
  expect(log.failures).toEqual([
    'session abc-S could not be deleted: the service answered 503 to a DELETE',
  ]);
});
