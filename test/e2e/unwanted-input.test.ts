import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import type { IncomingMessage, Server } from 'node:http';
import { type AddressInfo, connect, type Socket } from 'node:net';
import { connect as connectByTls } from 'node:tls';
import { expect, onTestFinished, test } from 'vitest';
import { answerAndClose } from '../../src/http/unwanted-input.js';
import { webServer } from '../../src/http/web-server.js';
import { selfSigned } from '../support/certificate.js';
import { upgradeRequest } from '../support/raw-client.js';
import { startRelay } from '../support/relay.js';
import { RelayProcess } from '../support/relay-process.js';

const MIB = 1024 * 1024;

const HEAD = 'HTTP/1.1\r\nHost: x\r\n';
const CHUNKED = `POST /health ${HEAD}Transfer-Encoding: chunked\r\n\r\n`;

/** Sends this on a connection, and returns all output until the relay closes it. */
async function conversation(port: number, ...parts: string[]): Promise<string> {
  const socket = connect(port, '127.0.0.1');
  onTestFinished(() => void socket.destroy());
  socket.on('error', () => {});
  let received = '';
  socket.on('data', (bytes) => {
    received += bytes.toString('latin1');
  });
  for (const part of parts) socket.write(part);
  await new Promise((resolve) => socket.once('close', resolve));
  return received;
}

const statuses = (answers: string): string[] => answers.match(/HTTP\/1\.1 \d+/g) ?? [];

test.each([
  ['a POST with a length', `POST /health ${HEAD}Content-Length: 5\r\n\r\nhello`, 405],
  [
    'a POST that says less than it sends',
    `POST /health ${HEAD}Content-Length: 1\r\n\r\nhello`,
    405,
  ],
  ['a POST whose body is late', `POST /health ${HEAD}Content-Length: 5\r\n\r\n`, 405],
  [
    'a POST that asks to go on',
    `POST /health ${HEAD}Content-Length: 5\r\nExpect: 100-continue\r\n\r\n`,
    405,
  ],
  ['a POST in chunks', `${CHUNKED}5\r\nhello\r\n0\r\n\r\n`, 405],
  ['one-byte chunks', CHUNKED + '1\r\nx\r\n'.repeat(10_000), 405],
  ['chunks with extensions', CHUNKED + '1;a=b\r\nx\r\n'.repeat(1000), 405],
  ['trailers', `${CHUNKED}0\r\n${'a: b\r\n'.repeat(1000)}\r\n`, 405],
  ['chunks that are none', `${CHUNKED}zzz\r\n`, 405],
  ['a GET with a body', `GET /health ${HEAD}Content-Length: 5\r\n\r\nhello`, 200],
  ['a preflight with a body', `OPTIONS / ${HEAD}Content-Length: 5\r\n\r\nhello`, 204],
  ['requests behind a body', `${CHUNKED}0\r\n\r\n${`GET / ${HEAD}\r\n`.repeat(100)}`, 405],
])('%s is answered, and nothing more is read', async (_, request, status) => {
  const { port } = await startRelay();
  const received = await conversation(port, request);
  expect(statuses(received)).toEqual([`HTTP/1.1 ${status}`]);
  expect(received).toMatch(/^Connection: close\r$/m);
});

test('the request of a client that has disconnected before it is accepted is dropped', async () => {
  const lines: unknown[] = [];
  const log = (...line: unknown[]): void => void lines.push(line);
  const logger = { debug: log, info: log, warn: log, error: log };
  const { port, http } = await startRelay({ logger, trustProxy: 'loopback' });
  const request = upgradeRequest('/BCDF', 'X-Forwarded-For: 192.0.2.1\r\n');
  const program = `const socket = net.connect(${port}, '127.0.0.1', () =>
    socket.write(${JSON.stringify(request)}, () => socket.resetAndDestroy()))`;
  // During this wait, the relay accepts no connection.
  execFileSync(process.execPath, ['-e', program]);
  expect((await fetch(`${http}/health`)).status).toBe(200);
  expect(lines).toEqual([]);
});

test('a client that sends a large body still gets the answer', async () => {
  const { http } = await startRelay();
  const answer = await fetch(`${http}/health`, { method: 'POST', body: 'x'.repeat(500_000) });
  expect([answer.status, await answer.text()]).toEqual([405, 'Method not allowed: use GET\n']);
});

test.each([
  ['Content-Length: 8388608', false],
  ['Content-Length: 8388608', true],
  ['Connection: Upgrade\r\nUpgrade: h2c', false],
])(
  'a client that has not read the answer can go on writing many MiB (%j, TLS: %s)',
  async (header, tls) => {
    const { server, client } = await bareServer(tls);
    server.on('upgrade', (request: IncomingMessage, socket: Socket) =>
      answerAndClose(request, socket, (_, response) => response.writeHead(413).end('too large')),
    );
    const upgraded = once(server, 'upgrade');
    client.write(`POST / ${HEAD}${header}\r\n\r\n`);
    client.write(Buffer.alloc(4 * MIB));
    const [, socket] = await upgraded;
    // No more is read.
    await Promise.race([once(socket, 'pause'), once(socket, 'close')]);
    // After a reset, this would fail, and Node would close the client's socket with the answer unread.
    client.write(Buffer.alloc(4 * MIB));
    let received = '';
    client.on('data', (bytes) => {
      received += bytes.toString('latin1');
    });
    await Promise.race([once(client, 'end'), once(client, 'close')]);
    expect(received).toMatch(/^HTTP\/1\.1 413 /);
    expect(received).toContain('too large');
  },
);

test('a client that never stops sending is disconnected', async () => {
  const { port } = await startRelay();
  // A client that ignores that the relay has ended its side.
  const socket = connect({ port, host: '127.0.0.1', allowHalfOpen: true });
  onTestFinished(() => void socket.destroy());
  socket.on('error', () => {});
  socket.resume();
  socket.write(CHUNKED);
  let sent = 0;
  const send = (error?: Error | null): void => {
    if (error != null || socket.destroyed) return;
    sent += 60_000;
    socket.write('1\r\nx\r\n'.repeat(10_000), send);
  };
  send();
  await new Promise((resolve) => socket.once('close', resolve));
  // The bytes that fit into the buffers on the way, and those that are read before the close.
  expect(sent).toBeLessThan(32 * 1024 * 1024);
});

test.each([
  [
    'a handshake that is none',
    'Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Key: A=',
  ],
  ['a good handshake', upgradeRequest('/CREATE').trimEnd().split('\r\n').slice(2).join('\r\n')],
  ['an upgrade to something else', 'Connection: Upgrade\r\nUpgrade: h2c'],
  ['a body', 'Content-Length: 5'],
  ['nothing else', 'Accept: */*'],
])('a client that resets the connection after %s affects nobody else', async (_, headers) => {
  const relay = await RelayProcess.start([], { node: [] });
  onTestFinished(() => relay.stop());
  const request = `GET /CREATE HTTP/1.1\r\nHost: x\r\n${headers}\r\n\r\n`;
  for (let round = 0; round < 10; round++) {
    const clients = Array.from({ length: 25 }, async () => {
      const socket = connect(relay.port, '127.0.0.1');
      socket.on('error', () => {});
      const closed = new Promise((resolve) => socket.once('close', resolve));
      socket.write(request, () => socket.resetAndDestroy());
      await closed;
    });
    await Promise.all(clients);
  }
  expect((await relay.get('/health')).status).toBe(200);
  expect(relay.faults).toEqual([]);
});

test.each(['/health', '/metrics', '/BCDF'])(
  'a WebSocket that is asked for before %s is answered ends the connection',
  async (path) => {
    const { port } = await startRelay();
    const received = await conversation(
      port,
      `GET ${path} ${HEAD}\r\n${upgradeRequest('/CREATE')}`,
    );
    expect(statuses(received)).not.toContain('HTTP/1.1 101');
  },
);

test.each(['GET', 'POST'])(
  'a %s with a body and Upgrade, but without Connection: upgrade, is no WebSocket',
  async (method) => {
    const { port } = await startRelay();
    const request = upgradeRequest('/CREATE', 'Content-Length: 5\r\n')
      .replace('Connection: Upgrade\r\n', '')
      .replace('GET', method);
    const received = await conversation(port, `${request}hello`);
    expect(statuses(received)).toEqual([`HTTP/1.1 ${method === 'GET' ? 426 : 405}`]);
  },
);

test('a request without a body leaves the connection open', async () => {
  const { port } = await startRelay();
  const socket = connect(port, '127.0.0.1');
  onTestFinished(() => void socket.destroy());
  const ask = async (request: string): Promise<string> => {
    socket.write(request);
    return String((await once(socket, 'data'))[0]);
  };
  expect(await ask(`GET /health ${HEAD}\r\n`)).toContain('Connection: keep-alive');
  expect(await ask(`POST /health ${HEAD}Content-Length: 0\r\n\r\n`)).toMatch(/^HTTP\/1.1 405 /);
  expect(await ask(`HEAD / ${HEAD}\r\n`)).toMatch(/^HTTP\/1.1 200 /);
});

/*
 * These tests check how far Node has parsed. They fail if a later version of Node has another parser, so
 * that parsing continues.
 */
test.each([
  ['a body', CHUNKED + '1\r\nx\r\n'.repeat(5000), 0],
  [
    'requests that come before the one before them is answered',
    `GET / ${HEAD}\r\n`.repeat(1500),
    1,
  ],
])('parsing stops at %s', async (_, bytes, requests) => {
  for (const tls of [false, true]) {
    const { server, client } = await bareServer(tls);
    let [seen, body] = [0, 0];
    server.on('request', (request) => {
      seen++;
      request.on('data', () => body++);
    });
    const upgraded = once(server, 'upgrade');
    client.write(bytes);
    const [, socket] = await upgraded;
    // Further requests in the same packet would have been parsed by now.
    expect([seen, body]).toEqual([requests, 0]);
    socket.destroy();
  }
});

async function bareServer(tls: boolean): Promise<{ server: Server; client: Socket }> {
  const { cert, key, remove } = selfSigned();
  onTestFinished(remove);
  const { server, stop } = webServer({
    tlsCert: tls ? cert : '',
    tlsKey: tls ? key : '',
    requestTimeout: 10,
    maxConnections: 100,
    sockets: { enter: () => undefined, leave() {} },
    wantsBody: () => false,
  });
  onTestFinished(stop);
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const client: Socket = tls
    ? connectByTls({ port, host: '127.0.0.1', rejectUnauthorized: false })
    : connect(port, '127.0.0.1');
  client.on('error', () => {});
  onTestFinished(() => void client.destroy());
  return { server, client };
}
