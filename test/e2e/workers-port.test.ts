import { expect, test } from 'vitest';
import { Cli } from '../support/cli.js';
import { Host, joined, Player, seatKey } from '../support/clients.js';
import { freePorts } from '../support/free-port.js';
import { RawClient } from '../support/raw-client.js';
import { WorkersRelay } from '../support/workers.js';

/** A relay with two workers with ports of their own, and the URLs of these. */
async function start(args: readonly string[] = []) {
  const [first] = await freePorts(2);
  const relay = await WorkersRelay.start([...args, '--worker-port', `${first}`]);
  const ports = [0, 1].map((index) => Number(first) + index);
  const urlOf = (code: string): string => `ws://127.0.0.1:${ports[relay.workerOf(code) - 1]}`;
  return { relay, ports, urlOf, httpOf: (code: string) => urlOf(code).replace('ws', 'http') };
}

test('players and hosts reach rooms at the port of their worker', async () => {
  const { relay, urlOf, httpOf } = await start();
  for (const host of await relay.hostOnEach({ name: 'Tea', hold: 60 })) {
    const url = urlOf(host.code);
    const player = await joined(url, host, seatKey());
    player.send('by its own port');
    expect(await host.until('from_str')).toMatchObject({ data: 'by its own port' });
    const described = await fetch(`${httpOf(host.code)}/${host.code}`);
    expect([described.status, await described.text()]).toEqual([200, 'Tea']);
    const resumed = await Host.resume(url, host);
    expect(await resumed.until('prepare_reply')).toMatchObject({ resumed: true });
    const opened = await Host.open(url);
    expect(relay.workerOf(opened.code)).toBe(relay.workerOf(host.code));
    await joined(relay.url, opened);
  }
});

test('the log says which codes each worker has, and its port', async () => {
  const { relay, ports } = await start();
  const ready = relay.lines.filter(({ msg }) => msg === 'worker ready');
  expect(ready).toHaveLength(2);
  for (const [index, codes] of ['BB to MZ', 'NB to ZZ'].entries()) {
    const line = { worker: index + 1, codes, port: ports[index] };
    expect(ready).toContainEqual(expect.objectContaining(line));
  }
});

test('what belongs to the port of the relay, or of another worker, is refused with 421', async () => {
  const { relay, ports } = await start();
  const [first, second] = (await relay.hostOnEach()) as [Host, Host];
  const [http] = ports.map((port) => `http://127.0.0.1:${port}`);
  for (const path of ['/', '/metrics', '/health', '/bellhop', '/rooms/a', `/${second.code}`]) {
    const { status, body } = await fetch(`${http}${path}`);
    await body?.cancel();
    expect([path, status]).toEqual([path, 421]);
  }
  const post = await fetch(`${http}/signaling`, { method: 'POST', body: '{}' });
  expect(post.status).toBe(421);
  for (const path of [second.code, 'bellhop', `CREATE?room=${second.code}&resume=x`]) {
    const player = Player.connect(`ws://127.0.0.1:${ports[0]}`, path);
    expect(await player.closed).toMatchObject({ code: 1006 });
  }
  await joined(`ws://127.0.0.1:${ports[0]}`, first);
});

test('while the primary does not answer, clients are to try again later', async () => {
  const { relay, urlOf, httpOf } = await start();
  const [host] = (await relay.hostOnEach({ name: 'Tea' })) as [Host];
  const port = Number(new URL(urlOf(host.code)).port);
  process.kill(relay.cli.pid, 'SIGSTOP');
  const answers = [
    fetch(`${httpOf(host.code)}/${host.code}`).then(({ status }) => status),
    RawClient.connect(port, `/${host.code}`).catch(({ message }: Error) => message),
  ];
  expect(await Promise.all(answers)).toEqual([503, expect.stringContaining('HTTP/1.1 503')]);
  process.kill(relay.cli.pid, 'SIGCONT');
  await expect
    .poll(async () => (await fetch(`${httpOf(host.code)}/${host.code}`)).status)
    .toBe(200);
  await Player.join(urlOf(host.code), host.code);
});

test('limits per address hold for all ports together', async () => {
  const limits = ['--limit-loopback', '--misses-per-minute', '10', '--rooms-per-minute', '6'];
  const { relay, ports } = await start(limits);
  const urls = [relay.url, ...ports.map((port) => `ws://127.0.0.1:${port}`)];
  const hosts = Array.from({ length: 12 }, (_, index) => Host.connect(urls[index % 3] ?? ''));
  const codes = (await Promise.all(hosts)).map(({ closed, inbox }) =>
    Promise.race([inbox.next().then(() => 0), closed.then(({ code }) => code)]),
  );
  expect((await Promise.all(codes)).toSorted()).toEqual([
    ...Array(6).fill(0),
    ...Array(6).fill(4029),
  ]);
  const tries = Array.from({ length: 24 }, (_, index) => {
    const player = Player.connect(urls[index % 3] ?? '', `B${'CDFGHJKL'[index % 8]}ZZ`);
    return player.closed.then(({ code }) => code);
  });
  // Eight codes, each of which counts once a minute.
  expect(new Set(await Promise.all(tries))).toEqual(new Set([4004]));
  const [first] = ports;
  const more = Array.from(
    { length: 6 },
    (_, index) => Player.connect(`ws://127.0.0.1:${first}`, `D${'CDFGHJ'[index]}ZZ`).closed,
  );
  const counts = (await Promise.all(more)).map(({ code }) => code).toSorted();
  expect(counts).toEqual([4004, 4004, 4029, 4029, 4029, 4029]);
  expect((await fetch(`http://127.0.0.1:${first}/DDDD`)).status).toBe(429);
});

test('forwarded addresses are those of a trusted proxy', async () => {
  const args = ['--trust-proxy', 'loopback', '--connections-per-address', '2'];
  const { relay, urlOf } = await start(args);
  const [host] = (await relay.hostOnEach()) as [Host];
  const headers = (address: string) => ({ headers: { 'x-forwarded-for': address } });
  const url = urlOf(host.code);
  await Player.join(url, host.code, headers('192.0.2.1'));
  await Player.join(relay.url, host.code, headers('192.0.2.1'));
  const third = Player.connect(url, host.code, headers('192.0.2.1'));
  expect(await third.closed).toMatchObject({ code: 1013 });
  await Player.join(url, host.code, headers('192.0.2.2'));
});

test('a port that is in use is an error of one line', async () => {
  const [port] = await freePorts(1);
  const other = await WorkersRelay.start(['--port', `${port}`]);
  const args = ['--port', '0', '--workers', '2', '--worker-port', `${port}`];
  const { code, stderr } = await new Cli(['--host', '127.0.0.1', ...args]).exited;
  expect([code, stderr]).toEqual([
    1,
    `lobby-relay: --worker-port: port ${port} is in use; choose others\n`,
  ]);
  expect((await fetch(`${other.http}/health`)).status).toBe(200);
});
