import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { connect, type Socket } from 'node:net';
import { Gauge, Registry } from 'prom-client';
import { describe, expect, onTestFinished, test } from 'vitest';
import { serveMetrics } from '../../src/http/metrics-server.js';
import { JoinCounts } from '../../src/ops/join-counts.js';
import { SharedScrape } from '../../src/ops/shared-scrape.js';
import { CLOSE_REASONS } from '../../src/protocol/close-codes.js';
import { Cli } from '../support/cli.js';
import { Host, joined, Player } from '../support/clients.js';
import { freePort } from '../support/free-port.js';
import { freshMetrics, metricsOf } from '../support/metrics.js';
import { startRelay } from '../support/relay.js';
import { RelayProcess } from '../support/relay-process.js';

const OPERATIONS = readFileSync(new URL('../../docs/operations.md', import.meta.url), 'utf8');

/** A row of the table of metrics, with its column of labels. */
const METRIC_ROW = /^\| `(lobby_relay_\w+)` \| (?:gauge|counter) \| ([^|]*)\|/gm;

/** The sets of labels of which all values are listed; none for a label without a list. */
function series(labels: string): string[] {
  const sets = labels
    .split(';')
    .map((label) => label.match(/(?<=`)\w+(?=`)/g) ?? [])
    .map(([label, ...values]) => values.map((value) => `${label}="${value}"`));
  if (labels.trim() === '') return [''];
  return sets.reduce((some, more) => some.flatMap((one) => more.map((each) => `${one},${each}`)));
}

const PROTOCOL = readFileSync(new URL('../../docs/protocol.md', import.meta.url), 'utf8');

test('every close code and join result is exported from the start', async () => {
  const lines = (await metricsOf((await startRelay()).http)).split('\n');
  const table = PROTOCOL.slice(PROTOCOL.indexOf('## Close codes'));
  const codes = [...table.matchAll(/^\| (\d{4}) \|/gm)].map(([, code]) => Number(code));
  expect(codes.length).toBeGreaterThan(15);
  expect(Object.values(CLOSE_REASONS).every(({ code }) => codes.includes(code))).toBe(true);
  for (const code of [...codes, 1000, 1002, 1005, 1006, 1007, 'other']) {
    expect(lines).toContain(`lobby_relay_closes_total{code="${code}"} 0`);
  }
  const known = ['joined', 'no_such_room', 'room_full', 'already_started', 'host_busy', 'kicked'];
  for (const result of [...known, ...new JoinCounts().results.keys()]) {
    expect(lines).toContain(`lobby_relay_joins_total{result="${result}"} 0`);
  }
  const counters = lines.flatMap((line) => /^# TYPE (\S+) counter$/.exec(line)?.[1] ?? []);
  expect(counters.length).toBeGreaterThan(5);
  const samples = new Set(lines.map((line) => /^\w+/.exec(line)?.[0]));
  expect(counters.filter((name) => !samples.has(name))).toEqual([]);
});

test('every series that docs/operations.md names is exported from the start', async () => {
  const lines = (await metricsOf((await startRelay()).http)).split('\n');
  const inAlerts = [...OPERATIONS.matchAll(/lobby_relay_\w+\{\w+="[^"…]+"\}/g)].map(String);
  const inTable = [...OPERATIONS.matchAll(METRIC_ROW)].flatMap(([, name = '', labels = '']) =>
    series(labels).map((set) => (set === '' ? name : `${name}{${set}}`)),
  );
  expect([inAlerts.length > 5, inTable.length > 15]).toEqual([true, true]);
  const samples = new Set(lines.map((line) => line.replace(/ \S+$/, '')));
  expect([...inAlerts, ...inTable].filter((each) => !samples.has(each))).toEqual([]);
});

test('unknown close codes from clients are counted together', async () => {
  const { url, http } = await startRelay();
  const host = await Host.open(url);
  for (const code of [3000, 3001, 4999]) await (await joined(url, host)).leave(code);
  expect(await freshMetrics(http)).toContain('lobby_relay_closes_total{code="other"} 3\n');
});

test('players are those of the rooms: disconnected ones count, replaced connections do not', async () => {
  const { url, http, relay } = await startRelay();
  const host = await Host.open(url, { hold: 60 });
  const seat = `${host.code}?seat=a-key-of-sixteen`;
  const player = await Player.join(url, seat);
  await host.until('player_joined');
  expect(relay.players).toBe(1);
  player.cut();
  await host.until('player_away');
  expect(relay.players).toBe(1);
  const again = await Player.join(url, seat);
  await host.until('player_back');
  const third = await Player.join(url, seat);
  expect((await again.closed).code).toBe(4001);
  expect(relay.players).toBe(1);
  const text = await freshMetrics(http);
  expect(text).toContain('lobby_relay_players 1\n');
  expect(text).toContain('lobby_relay_connections{role="player"} 1\n');
  expect(text).toContain('lobby_relay_away{role="player"} 0\n');
  await third.leave(1000);
  await host.until('player_left');
  expect(relay.players).toBe(0);
});

test('--metrics-listen serves /metrics by its route, and nothing else', async () => {
  const port = await freePort();
  const { http } = await startRelay({ metricsListen: `127.0.0.1:${port}` });
  const own = `http://127.0.0.1:${port}`;
  expect(await metricsOf(own)).toContain('lobby_relay_rooms 0\n');
  expect((await fetch(`${own}/metrics?x=1`)).status).toBe(200);
  const head = await fetch(`${own}/metrics`, { method: 'HEAD' });
  expect([head.status, await head.text()]).toEqual([200, '']);
  expect((await fetch(`${own}/metrics`, { method: 'POST', body: 'x' })).status).toBe(405);
  for (const path of ['/', '/health', '/CREATE', '/metrics/', '//metrics']) {
    expect((await fetch(own + path)).status).toBe(404);
  }
  expect((await fetch(`${http}/metrics`)).status).toBe(404);
});

describe('an unusable --metrics-listen is named as the option at fault', () => {
  test.each([
    ['no-such-name.invalid:0', 'no-such-name.invalid is not an address of this machine; '],
    ['192.0.2.1:0', '192.0.2.1 is not an address of this machine; '],
    ['[2001:db8::1]:0', '2001:db8::1 is not an address of this machine; '],
    ['127.0.0.1:99999', '--metrics-listen: cannot listen: '],
  ])('%s', async (where, reason) => {
    const args = ['-H', '127.0.0.1', '-p', '0', '--metrics-listen', where];
    const { code, stderr } = await new Cli(args).exited;
    expect(code).toBe(1);
    expect(stderr).toMatch(/^lobby-relay: [^\n]+\n$/);
    expect(stderr).toContain(reason);
    expect(stderr).toContain('--metrics-listen');
    expect(stderr).not.toContain('--host');
  });

  test.each(['127.0.0.1:', ''])('a port in use, written as %sport', async (host) => {
    const { port } = await startRelay();
    const args = ['-H', '127.0.0.1', '-p', '0', '--metrics-listen', `${host}${port}`];
    const { code, stderr } = await new Cli(args).exited;
    expect(code).toBe(1);
    const message = `port ${port} is in use; choose another with --metrics-listen`;
    expect(stderr).toBe(`lobby-relay: ${message}\n`);
  });
});

test('a metric that throws is answered with 500 and logged, and the relay continues', async () => {
  const registry = new Registry();
  new Gauge({
    name: 'x',
    help: 'x',
    registers: [registry],
    collect() {
      throw new Error('EMFILE');
    },
  });
  const port = await freePort();
  const faults: unknown[] = [];
  const stop = await serveMetrics(`127.0.0.1:${port}`, new SharedScrape(registry), (error) =>
    faults.push(error),
  );
  onTestFinished(stop);
  for (let i = 1; i <= 2; i++) {
    expect((await fetch(`http://127.0.0.1:${port}/metrics`)).status).toBe(500);
    expect(faults).toHaveLength(i);
  }
});

test('without free file descriptors, a scrape is answered and games continue', async () => {
  const metricsPort = await freePort();
  const options = ['--metrics-listen', `127.0.0.1:${metricsPort}`];
  // Enough to load the relay's modules; for sockets, fewer remain than the relay would accept.
  const relay = await RelayProcess.start(options, { node: [], descriptors: 128 });
  onTestFinished(() => relay.stop());
  const host = await Host.open(relay.url);
  const player = await joined(relay.url, host);
  const scraper = connect(metricsPort, '127.0.0.1');
  onTestFinished(() => void scraper.destroy());
  await once(scraper, 'connect');
  const scrape = async (): Promise<string> => {
    scraper.write('GET /metrics HTTP/1.1\r\nHost: x\r\n\r\n');
    let text = '';
    while (!/process_cpu_seconds_total \d|Internal error/.test(text)) {
      text += String(await once(scraper, 'data'));
    }
    return text;
  };
  expect(await scrape()).toMatch(/^HTTP\/1.1 200 /);
  const crowd: Socket[] = [];
  onTestFinished(() => {
    for (const socket of crowd) socket.destroy();
  });
  // The system completes connections before the relay accepts them; those beyond are closed at once.
  const refused = new Promise<void>((resolve) => {
    for (let count = 0; count < 200; count++) {
      const socket = connect(count % 2 === 0 ? relay.port : metricsPort, '127.0.0.1');
      socket.on('error', () => {});
      socket.on('close', () => resolve());
      crowd.push(socket);
    }
  });
  await refused;
  const text = await freshMetrics('', scrape);
  expect(text).toMatch(/^HTTP\/1.1 200 /);
  expect(text).toMatch(/^process_resident_memory_bytes [1-9]/m);
  player.send('still here');
  expect(await host.until('from_str')).toMatchObject({ data: 'still here' });
  expect(relay.alive).toBe(true);
});
