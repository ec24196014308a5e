import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { createServer } from 'node:https';
import { type AddressInfo, connect, type Socket } from 'node:net';
import { connect as connectByTls } from 'node:tls';
import { afterAll, expect, onTestFinished, test } from 'vitest';
import { spreadHandshakes } from '../../../src/http/spread-handshakes.js';
import { selfSigned } from '../../support/certificate.js';
import { HeldQueue } from '../../support/held-queue.js';

const { cert, key, remove } = selfSigned();
afterAll(remove);

async function listening({ accept = (): boolean => true, timeout = 60_000 } = {}) {
  const server = createServer({ cert: readFileSync(cert), key: readFileSync(key) });
  const queue = new HeldQueue();
  const accepted: Socket[] = [];
  spreadHandshakes(
    server,
    queue,
    (socket) => {
      accepted.push(socket);
      return accept();
    },
    timeout,
  );
  server.on('request', (_, response) => response.end('answer'));
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => {
    server.close().closeAllConnections();
    for (const socket of accepted) socket.destroy();
  });
  const { port } = server.address() as AddressInfo;
  return { server, queue, accepted, port };
}

test('a handshake starts in its turn, and later input is read as usual', async () => {
  const { server, queue, port } = await listening();
  let isSecure = false;
  server.on('secureConnection', () => {
    isSecure = true;
  });
  const client = connectByTls({ port, host: '127.0.0.1', rejectUnauthorized: false });
  onTestFinished(() => void client.destroy());
  await queue.has(1);
  expect(isSecure).toBe(false);
  await queue.release();
  await once(client, 'secureConnect');
  client.end('GET / HTTP/1.1\r\nHost: x\r\n\r\n');
  let answer = '';
  for await (const bytes of client) answer += bytes;
  expect(answer).toContain('answer');
});

test('a client that sends nothing, or ends at once, is disconnected', async () => {
  const { port } = await listening({ timeout: 1 });
  const silent = connect(port, '127.0.0.1');
  await once(silent.resume(), 'close');
  const { port: other } = await listening();
  const ended = connect({ port: other, host: '127.0.0.1', allowHalfOpen: true });
  ended.end();
  await once(ended.resume(), 'end');
  ended.destroy();
});

test('a client that disconnects before its turn has no effect', async () => {
  const { server, queue, accepted, port } = await listening();
  server.on('tlsClientError', () => expect.unreachable());
  const client = connect(port, '127.0.0.1');
  client.write('hello');
  await queue.has(1);
  accepted[0]?.destroy();
  await queue.release();
  await once(client.resume(), 'close');
});

test('a socket that is not accepted is not read', async () => {
  const { queue, accepted, port } = await listening({
    accept(): boolean {
      accepted[0]?.destroy();
      return false;
    },
  });
  const client = connect(port, '127.0.0.1');
  client.on('error', () => {});
  client.write('hello');
  await new Promise((resolve) => client.resume().once('close', resolve));
  expect(queue.count).toBe(0);
});
