import { describe, expect, onTestFinished, test } from 'vitest';
import type { HttpConfig } from '../../../src/launch/config/launchers.js';
import { HttpLauncher } from '../../../src/launch/http/http-launcher.js';
import type { ServerHandle } from '../../../src/launch/launcher.js';
import { SYSTEM_TIMERS, type Timers } from '../../../src/launch/timers.js';
import { gameWith, LaunchEvents, RecordedLog, specWith } from '../../support/launch.js';
import { FakeEdgegap, type Handler, json } from './edgegap.js';

const CREATED = json(200, { session_id: 'abc-S' });

function session(status: string, rest: object = {}): Handler {
  return json(200, { session_id: 'abc-S', status, ready: false, elapsed: 3, ...rest });
}

function ready(ports: unknown = { game: { external: 30_004 } }, ip: unknown = '203.0.113.7') {
  return session('Ready', { ready: true, deployment: { public_ip: ip, ports } });
}

/** Timers that fire at once, and record the pauses. */
class FastTimers implements Timers {
  readonly pauses: number[] = [];

  now(): number {
    return SYSTEM_TIMERS.now();
  }

  after(milliseconds: number, action: () => void): () => void {
    this.pauses.push(milliseconds);
    return SYSTEM_TIMERS.after(1, action);
  }
}

interface RunningServer {
  readonly service: FakeEdgegap;
  readonly events: LaunchEvents;
  readonly log: RecordedLog;
  readonly server: ServerHandle;
  readonly timers: FastTimers;
}

async function run(
  answers: { POST?: Handler[]; GET?: Handler[]; DELETE?: Handler[] },
  config: object = {},
): Promise<RunningServer> {
  const service = await FakeEdgegap.start();
  Object.assign(
    service.answers,
    { POST: [CREATED], GET: [ready()], DELETE: [json(200, {})] },
    answers,
  );
  const log = new RecordedLog();
  const game = gameWith(
    { type: 'http', url: `${service.url}/`, authorization: { variable: 'X' }, ...config },
    { ready: 'launcher' },
  );
  const timers = new FastTimers();
  const launcher = new HttpLauncher(game, game.launcher as HttpConfig, { log, timers });
  const events = new LaunchEvents();
  const server = launcher.start(specWith(), events);
  onTestFinished(() => server.stop());
  return { service, events, log, server, timers };
}

test('a session is created, polled until it is ready, and deleted', async () => {
  const { service, events, server } = await run({
    GET: [session('Deploying'), session('Deploying'), session('Waiting'), ready()],
  });
  expect(await events.runs).toEqual({ ip: '203.0.113.7', port: 30_004, certDigest: undefined });
  expect(events.statuses).toEqual(['Deploying', 'Waiting', 'Ready']);
  await server.stop();
  expect(await events.end).toEqual({ reason: 'stopped', error: undefined });
  expect(service.requests[0]).toEqual({
    line: 'POST /v1/session',
    authorization: 'token s3cret',
    body: JSON.stringify({ app_name: 'tanks', ip_list: ['198.51.100.9'] }),
  });
  expect(service.requests.at(-1)?.line).toBe('DELETE /v1/session/abc-S');
  expect(new Set(service.requests.map(({ authorization }) => authorization))).toEqual(
    new Set(['token s3cret']),
  );
});

test('the application and the port are those of the configuration', async () => {
  const ports = { web: { external: 443 }, game: { external: 30_004 } };
  const { service, events } = await run({ GET: [ready(ports)] }, { app: 'my-tanks', port: 'game' });
  expect(await events.runs).toMatchObject({ port: 30_004 });
  expect(service.requests[0]?.body).toContain('"app_name":"my-tanks"');
});

test("a session's id cannot lead to another path", async () => {
  const { service, events, server } = await run({
    POST: [json(200, { session_id: '../x?y#z/..' })],
  });
  await events.runs;
  await server.stop();
  expect(service.requests.slice(1).map(({ line }) => line.split(' ')[1])).not.toContain('/v1/x');
  expect(service.requests.at(-1)?.line).toBe('DELETE /v1/session/..%2Fx%3Fy%23z%2F..');
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
  ])('with %i %j is reported with %i %s', async (status, body, shown, text) => {
    const { events, service } = await run({ POST: [json(status, body)] });
    const { reason, error } = await events.end;
    expect([error?.status, error?.message]).toEqual([shown, text]);
    expect(reason).toContain(String(status));
    expect(reason).not.toContain('s3cret');
    expect(service.requests).toHaveLength(1);
  });
});

describe('a service that answers invalid data', () => {
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
  ] as [string, Handler][])('to the request: %s', async (_, answer) => {
    const { events } = await run({ POST: [answer] });
    expect((await events.end).error).toMatchObject({ status: 502 });
  });

  test.each([
    ['no address', ready({ game: { external: 1 } }, null)],
    ['a host name', ready({ game: { external: 1 } }, 'example.org')],
    ['no ports', ready({})],
    ['two ports', ready({ a: { external: 1 }, b: { external: 2 } })],
    ['a port that is too high', ready({ a: { external: 65_536 } })],
    ['a port as text', ready({ a: { external: '80' } })],
    ['invalid ports', ready('x')],
  ])('to the request for the state: ready with %s', async (_, answer) => {
    const { events, service } = await run({ GET: [answer] });
    expect((await events.end).reason).toBe('the session is ready, but its address is unusable');
    await service.waitFor(/^DELETE/);
    expect(events.all).toEqual(['progress', 'ended']);
  });

  test('to every request: the session is abandoned and deleted', async () => {
    const { events, service } = await run({ GET: [json(200, 'x')] });
    expect((await events.end).reason).toBe('the service answered 200 for a session');
    await service.waitFor(/^DELETE/);
    expect(service.requests.filter(({ line }) => line.startsWith('GET'))).toHaveLength(10);
  });

  test('once: the request is repeated', async () => {
    const { events } = await run({ GET: [json(500, {}), json(200, 'x'), ready()] });
    expect(await events.runs).toMatchObject({ port: 30_004 });
  });
});

test('a session that fails is reported as ended, and deleted', async () => {
  const { events, service } = await run({ GET: [session('Error')] });
  expect((await events.end).reason).toBe('the session has failed: Error');
  await service.waitFor(/^DELETE/);
});

test.each([404, 410])(
  'a session that no longer exists (%i) is reported as ended',
  async (status) => {
    const { events, timers } = await run({ GET: [ready(), json(status, {})] });
    expect((await events.end).reason).toBe('the service has ended the session');
    expect(events.all).toEqual(['progress', 'running', 'ended']);
    // The session of a running server is polled less often.
    expect(timers.pauses.slice(0, 2)).toEqual([500, 10_000]);
  },
);

test('a running server is not affected by a service that does not answer', async () => {
  const failing = Array.from({ length: 30 }, () => json(500, {}));
  const { events } = await run({ GET: [ready(), ...failing, json(404, {})] });
  expect((await events.end).reason).toBe('the service has ended the session');
});

test('a service that does not answer in time is an error', async () => {
  const { events } = await run({ POST: [() => undefined] }, { requestTimeout: 0.1 });
  expect(await events.end).toMatchObject({ reason: 'no answer in time', error: { status: 502 } });
});

test('a session that is created after the server was stopped is deleted', async () => {
  let create = (): void => undefined;
  const slow: Handler = (response) => {
    create = () => CREATED(response, undefined as never);
  };
  const { events, service, server } = await run({ POST: [slow] });
  await service.waitFor(/^POST/);
  const stopped = server.stop();
  create();
  await stopped;
  expect(await events.end).toMatchObject({ reason: 'stopped' });
  expect(service.requests.map(({ line }) => line)).toEqual([
    'POST /v1/session',
    'DELETE /v1/session/abc-S',
  ]);
});

test.each([200, 404, 410])(
  'deleting is repeated until %i, with increasing pauses',
  async (status) => {
    const failing = Array.from({ length: 9 }, () => json(503, {}));
    const { events, server, service, timers, log } = await run({
      DELETE: [...failing, json(status, {})],
    });
    await events.runs;
    timers.pauses.length = 0;
    await server.stop();
    expect(timers.pauses.slice(-9)).toEqual([
      500, 1000, 2000, 4000, 8000, 16_000, 32_000, 60_000, 60_000,
    ]);
    expect(service.requests.filter(({ line }) => line.startsWith('DELETE'))).toHaveLength(10);
    expect(log.failures).toEqual([]);
  },
);

test('a session that cannot be deleted is logged', async () => {
  const { events, server, log } = await run({ DELETE: [json(503, {})] });
  await events.runs;
  await server.stop();
  await events.end;
  expect(log.failures).toEqual([
    'session abc-S could not be deleted: the service answered 503 to a DELETE',
  ]);
});
