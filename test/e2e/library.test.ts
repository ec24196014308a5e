import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { expect, onTestFinished, test } from 'vitest';
import { createRelay, OptionError } from '../../src/index.js';
import { Host, joined } from '../support/clients.js';
import { CALM, startRelay } from '../support/relay.js';

async function listening(server: Server): Promise<number> {
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => void server.close());
  return (server.address() as AddressInfo).port;
}

test('a relay attaches to an existing server, which still serves its own pages', async () => {
  const relay = createRelay(CALM);
  const server = createServer((request, response) => {
    if (request.url?.startsWith('/app')) response.end('the app');
    else relay.handleRequest(request, response);
  });
  relay.attach(server);
  const port = await listening(server);
  const host = await Host.open(`ws://127.0.0.1:${port}`, { name: 'attached' });
  const get = async (path: string) => (await fetch(`http://127.0.0.1:${port}${path}`)).text();
  expect(await get('/app')).toBe('the app');
  expect(await get(`/${host.code}`)).toBe('attached');
  await relay.close();
  expect(await host.closed).toEqual({ code: 1012, reason: 'relay restarting' });
  expect(await get('/app')).toBe('the app');
  expect(server.listenerCount('upgrade')).toBe(0);
});

test('a server without a handler of its own answers as the relay does', async () => {
  const relay = createRelay(CALM);
  onTestFinished(() => relay.close());
  const server = createServer();
  relay.attach(server);
  const port = await listening(server);
  expect((await fetch(`http://127.0.0.1:${port}/health`)).status).toBe(200);
});

test('close() closes all connections with 1012, frees the port, and may be called twice', async () => {
  const { relay, url, port, http } = await startRelay();
  const host = await Host.open(url);
  const player = await joined(url, host);
  const unprepared = await Host.connect(url);
  const closing = relay.close();
  expect(relay.close()).toBe(closing);
  for (const client of [host, player, unprepared]) {
    expect(await client.closed).toEqual({ code: 1012, reason: 'relay restarting' });
  }
  await closing;
  expect([relay.rooms, relay.players]).toEqual([0, 0]);
  await expect(fetch(http)).rejects.toThrow();
  const next = createRelay({ host: '127.0.0.1', port });
  expect(await next.listen()).toMatchObject({ address: '127.0.0.1', port });
  await next.close();
});

test('a client that does not confirm the close does not delay close()', async () => {
  const { relay, url } = await startRelay();
  const host = await Host.open(url);
  host.socket.pause();
  await relay.close();
  expect(relay.rooms).toBe(0);
});

test('close() ends early when the last room ends', async () => {
  const { relay, url } = await startRelay();
  const host = await Host.open(url);
  host.socket.pause();
  await Promise.all([relay.close(), relay.abort(), relay.close()]);
});

test('closing a relay that never listened is harmless', async () => {
  await createRelay().close();
});

test('two relays run in one process', async () => {
  const [one, two] = [await startRelay(), await startRelay()];
  await Host.open(one.url);
  expect([one.relay.rooms, two.relay.rooms]).toEqual([1, 0]);
});

test('a port in use is an error of listen, an option out of bounds one of createRelay', async () => {
  const { port } = await startRelay();
  const second = createRelay({ host: '127.0.0.1', port });
  await expect(second.listen()).rejects.toMatchObject({ code: 'EADDRINUSE' });
  await second.close();
  expect(() => createRelay({ maxRooms: -1 })).toThrow(OptionError);
});
