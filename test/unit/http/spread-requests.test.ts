import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { createServer, type IncomingMessage, type Server } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import { type AddressInfo, connect, type Socket } from 'node:net';
import { setImmediate as endOfTurn } from 'node:timers/promises';
import { connect as connectByTls } from 'node:tls';
import { afterAll, describe, expect, onTestFinished, test } from 'vitest';
import { spreadRequests } from '../../../src/http/spread-requests.js';
import { selfSigned } from '../../support/certificate.js';
import { HeldQueue } from '../../support/held-queue.js';
import { upgradeRequest } from '../../support/raw-client.js';

const { cert, key, remove } = selfSigned();
afterAll(remove);

const SERVERS: [string, () => Server, (port: number) => Socket][] = [
  ['plain', () => createServer(), (port) => connect(port, '127.0.0.1')],
  [
    'TLS',
    () => createTlsServer({ cert: readFileSync(cert), key: readFileSync(key) }),
    (port) => connectByTls({ port, host: '127.0.0.1', rejectUnauthorized: false }),
  ],
];

describe.each(SERVERS)('a request on a %s socket', (kind, create, open) => {
  async function connected() {
    const server = create();
    const queue = new HeldQueue();
    const asked: string[] = [];
    server.on('request', ({ url = '' }: IncomingMessage, response) => {
      asked.push(url);
      response.end(url);
    });
    spreadRequests(server, queue);
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    onTestFinished(() => void server.close().closeAllConnections());
    const accepted = once(server, kind === 'TLS' ? 'secureConnection' : 'connection');
    const client = open((server.address() as AddressInfo).port);
    onTestFinished(() => void client.destroy());
    client.on('error', () => {});
    const [socket] = (await accepted) as [Socket];
    let received = '';
    client.on('data', (bytes) => {
      received += bytes.toString('latin1');
    });
    const answered = async (text: string) => {
      while (!received.includes(text)) await once(client, 'data');
    };
    return { server, queue, asked, client, socket, answered };
  }

  const get = (path: string) => `GET ${path} HTTP/1.1\r\nHost: x\r\n\r\n`;

  test('waits for its turn, and so does the next request on that socket', async () => {
    const { queue, asked, client, socket, answered } = await connected();
    for (const path of ['/first', '/second']) {
      const before = asked.length;
      client.write(get(path));
      // The bytes are received, but not parsed.
      while (socket.bytesRead === 0) await endOfTurn();
      expect(asked.length).toBe(before);
      await queue.release();
      await answered(path);
    }
    expect(asked).toEqual(['/first', '/second']);
  });

  test('stops reading while it waits', async () => {
    const { queue, asked, client, socket, answered } = await connected();
    client.write('GET /slow HTTP/1.1\r\n');
    while (socket.bytesRead === 0) await endOfTurn();
    const read = socket.bytesRead;
    await new Promise<void>((resolve) => client.write('Host: x\r\n\r\n', () => resolve()));
    // A later packet on another connection has arrived, so this one has, too.
    const other = open(client.remotePort as number);
    onTestFinished(() => void other.destroy());
    other.write(get('/other'));
    await once(other, kind === 'TLS' ? 'secureConnect' : 'connect');
    expect(socket.bytesRead).toBe(read);
    while (!asked.includes('/slow')) await queue.release();
    await answered('/slow');
  });

  test('to upgrade is followed by the bytes after it, in order', async () => {
    const { server, queue, client } = await connected();
    const upgraded = once(server, 'upgrade');
    const long = 'x'.repeat(10_000);
    client.write(`${upgradeRequest('/')}${long}behind it, `);
    await queue.release();
    const [, socket, head] = (await upgraded) as [IncomingMessage, Socket, Buffer];
    onTestFinished(() => void socket.destroy());
    let rest = head.toString();
    socket.on('data', (bytes) => {
      rest += bytes.toString();
    });
    client.end('and later');
    // This is not a request, so it does not wait for its turn.
    await once(socket, 'end');
    expect(rest).toBe(`${long}behind it, and later`);
    expect(Object.hasOwn(socket, 'push')).toBe(false);
  });

  test('has a body that is parsed 4 KiB at a time, in turns', async () => {
    const { server, queue, client, socket } = await connected();
    let parsed = 0;
    const begun = new Promise<void>((resolve) => {
      server.prependListener('request', (request: IncomingMessage) => {
        request.on('data', ({ length }: Buffer) => {
          parsed += length;
        });
        resolve();
      });
    });
    const body = 12 * 1024;
    client.write(`POST / HTTP/1.1\r\nHost: x\r\nContent-Length: ${body}\r\n\r\n`);
    await queue.release();
    await begun;
    const before = socket.bytesRead;
    client.write('x'.repeat(body));
    const sizes: number[] = [];
    while (parsed < body) {
      const last = parsed;
      await queue.release();
      await endOfTurn();
      if (parsed > last) sizes.push(parsed - last);
    }
    expect(socket.bytesRead).toBeGreaterThan(before);
    expect(sizes.length).toBeGreaterThanOrEqual(3);
    expect(Math.max(...sizes)).toBeLessThanOrEqual(4096);
  });

  test('is dropped if its socket is destroyed before its turn', async () => {
    const { queue, asked, client, socket } = await connected();
    client.write(get('/gone'));
    while (socket.bytesRead === 0) await endOfTurn();
    socket.destroy();
    await once(client, 'close');
    await queue.release();
    expect(asked).toEqual([]);
  });

  test('ends its socket in its turn, after the client has ended it', async () => {
    const { queue, client, answered } = await connected();
    client.end(get('/last'));
    await queue.release();
    await answered('/last');
    if (!client.closed) {
      const closed = once(client, 'close');
      await queue.release();
      await closed;
    }
  });
});
