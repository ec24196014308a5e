import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { type AddressInfo, createServer, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { WebSocket } from 'ws';
import { createRelay } from '../../src/index.js';
import { PROGRAM, tellServer } from '../support/bevygap-servers.js';
import { Cli } from '../support/cli.js';
import { Client } from '../support/clients.js';
import { openToken } from '../support/connect-token.js';
import { TOKEN_KEY } from '../support/fleet.js';
import { freePort } from '../support/free-port.js';
import { freshMetrics } from '../support/metrics.js';
import { NATS, NatsServer, TestBuckets } from '../support/nats.js';
import { compileProgram } from '../support/program.js';
import { CALM, startRelay } from '../support/relay.js';
import { needs } from '../support/tools.js';

/** Writes a launch configuration with one game, whose servers are made with Bevygap. */
async function launchConfig(natsUrl: string): Promise<string> {
  const directory = mkdtempSync(join(tmpdir(), 'lobby-relay-launch-'));
  onTestFinished(() => rmSync(directory, { recursive: true }));
  writeFileSync(join(directory, 'key'), TOKEN_KEY.join(','));
  writeFileSync(join(directory, 'password'), 's3cret');
  const port = await freePort();
  const game = {
    launcher: { type: 'command', command: [process.execPath, compileProgram(PROGRAM)] },
    ready: 'nats',
    players: 6,
    maxServers: 1,
    ports: `${port}-${port}`,
    token: { protocolId: 80_085, key: { file: 'key' } },
  };
  const nats = { url: natsUrl, user: 'relay', password: { file: 'password' } };
  const config = { publicIp: '127.0.0.1', nats, games: { 'spaceships/1': game } };
  const file = join(directory, 'launch.json');
  writeFileSync(file, JSON.stringify(config));
  return file;
}

interface Ready {
  readonly token: string;
  readonly ip: string;
  readonly port: number;
  readonly cert_digest: string;
}

/** Requests a place as a game client of Bevygap, until the game server is ready. */
async function play(url: string): Promise<{ session: string; ready: Ready }> {
  const read = ({ data }: { readonly data: Buffer }) => JSON.parse(data.toString());
  const client = new Client(new WebSocket(`${url}/matchmaker/ws`), read);
  client.socket.on('open', () => client.socket.send('{"game":"spaceships","version":"1"}'));
  let session = '';
  for (;;) {
    const value = await client.next();
    if ('SessionRequestAccepted' in Object(value)) session = value.SessionRequestAccepted;
    if ('SessionReady' in Object(value)) return { session, ready: value.SessionReady };
    if ('Error' in Object(value)) throw new Error(JSON.stringify(value));
  }
}

test('a server made with Bevygap starts, and a player connects to it', needs(NATS), async () => {
  const nats = await NatsServer.start('-js', '--user', 'relay', '--pass', 's3cret');
  const login = { user: 'relay', pass: 's3cret' };
  const buckets = new TestBuckets(await nats.connect(login));
  const { url, http, relay } = await startRelay({ launchConfig: await launchConfig(nats.url) });
  const { session, ready } = await play(url);
  const token = openToken(Buffer.from(ready.token, 'base64'), TOKEN_KEY);
  expect(token).toMatchObject({ protocolId: 80_085n, server: `127.0.0.1:${ready.port}` });
  expect(token.expires - token.created).toBe(25n);
  expect(ready.cert_digest).toBe(Array(32).fill('e3').join(':'));
  expect(await buckets.value('sessions_ly2eg', `${token.clientId}`)).toBe(session);
  await tellServer(ready.port, 'connect', token.clientId);
  const claimed = 'lobby_relay_launch_sessions{game="spaceships/1",state="claimed"}';
  await expect.poll(() => freshMetrics(http)).toContain(`${claimed} 1\n`);
  expect(await freshMetrics(http)).toContain('lobby_relay_launch_nats_usable 1\n');
  await tellServer(ready.port, 'disconnect', token.clientId);
  await expect.poll(() => freshMetrics(http)).toContain(`${claimed} 0\n`);
  const next = await play(url);
  expect(next.ready.port).toBe(ready.port);
  await relay.close();
  expect(await buckets.keys('active_connections')).toEqual([]);
  expect(await buckets.keys('unclaimed_sessions')).toEqual([]);
});

/** A server that accepts connections and says nothing: connecting to NATS takes as long as it may. */
async function silentNats() {
  const server = createServer();
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const sockets: Socket[] = [];
  const connected = once(server, 'connection');
  server.on('connection', (socket) => sockets.push(socket));
  onTestFinished(() => {
    server.close();
    for (const socket of sockets) socket.destroy();
  });
  const { port } = server.address() as AddressInfo;
  return { url: `nats://127.0.0.1:${port}`, connected };
}

test.each(['close', 'abort'] as const)(
  'a relay that waits for NATS does not listen after %s',
  async (end) => {
    const nats = await silentNats();
    const port = await freePort();
    const options = {
      host: '127.0.0.1',
      port,
      launchConfig: await launchConfig(nats.url),
      ...CALM,
    };
    const relay = createRelay(options);
    const listening = relay.listen();
    await nats.connected;
    await Promise.all([
      expect(listening).rejects.toMatchObject({ name: 'RelayClosedError' }),
      relay[end](),
    ]);
    await expect(relay.listen()).rejects.toMatchObject({ name: 'RelayClosedError' });
    // Nothing has the port.
    const other = await startRelay({ port });
    expect(other.port).toBe(port);
  },
);

test('the relay ends at a signal while it waits for NATS', async () => {
  const nats = await silentNats();
  const cli = new Cli(['--port', '0', '--launch-config', await launchConfig(nats.url)]);
  await nats.connected;
  cli.kill('SIGTERM');
  expect(await cli.exited).toMatchObject({ code: 0, stderr: '' });
});

test('the relay exits with one line, without the password, if NATS is not running', async () => {
  const url = `nats://127.0.0.1:${await freePort()}`;
  const cli = new Cli(['--port', '0', '--launch-config', await launchConfig(url)]);
  const { code, stderr } = await cli.exited;
  expect(code).toBe(1);
  expect(stderr).toMatch(/^lobby-relay: --launch-config: cannot connect to NATS at \S+: [^\n]+\n$/);
  expect(stderr).not.toContain('s3cret');
});
