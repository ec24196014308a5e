import { once } from 'node:events';
import { createServer, type IncomingMessage } from 'node:http';
import { type AddressInfo, connect } from 'node:net';
import { expect, onTestFinished, test } from 'vitest';
import { spreadRequests } from '../../../src/http/spread-requests.js';
import { answerUnread } from '../../../src/http/unread-body.js';
import { TurnQueue } from '../../../src/transport/turn-queue.js';

test('a client gets the answer, and what it sends after that is not parsed', async () => {
  const server = createServer();
  let asked: IncomingMessage | undefined;
  server.on('request', (request, response) => {
    asked = request;
    answerUnread(request, response, { status: 413, headers: {}, body: 'too large' });
  });
  spreadRequests(server, new TurnQueue());
  server.listen(0, '127.0.0.1');
  onTestFinished(() => void server.close().closeAllConnections());
  await once(server, 'listening');
  const client = connect((server.address() as AddressInfo).port, '127.0.0.1');
  onTestFinished(() => void client.destroy());
  client.on('error', () => {});
  let received = '';
  client.on('data', (bytes) => {
    received += bytes.toString('latin1');
  });
  const closed = once(client, 'close');
  const head = 'POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n';
  client.write(head + '1\r\nx\r\n'.repeat(10_000));
  await closed;
  expect(received).toMatch(/^HTTP\/1.1 413 /);
  expect(received).toMatch(/^Connection: close\r$/m);
  expect(received).toMatch(/too large$/);
  // In the 4 KiB that are parsed at once.
  expect(asked?.readableLength).toBeLessThan(4096 / 6);
});
