import { IncomingMessage, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import { Duplex } from 'node:stream';
import { expect, test } from 'vitest';
import { limitStall, type StreamedBody, sendStream } from '../../../src/http/streamed-answer.js';

/** A client that reads nothing, so that writing to it never finishes. */
class Deaf extends Duplex {
  override _read(): void {}

  override _write(): void {}

  setTimeout(): this {
    return this;
  }
}

function respond() {
  const client = new Deaf();
  const socket = client as unknown as Socket;
  const response = new ServerResponse(new IncomingMessage(socket));
  response.assignSocket(socket);
  limitStall(response, 1000);
  const parts: { body?: StreamedBody; left: number } = { left: 0 };
  const send = (): void =>
    sendStream(response, {
      status: 200,
      headers: {},
      stream: (body) => {
        parts.body = body;
        return () => parts.left++;
      },
    });
  const body = (): StreamedBody => {
    if (parts.body === undefined) throw new Error('the stream has not begun');
    return parts.body;
  };
  return { client, response, send, body, parts };
}

test('parts that a client does not read are left out, and the last one is not', () => {
  const { response, send, body } = respond();
  send();
  for (let n = 0; n < 1000; n++) body().write('x'.repeat(1024));
  // Node 24 counts the heads of chunks, too.
  expect(response.writableLength).toBeLessThan(65 * 1024);
  const before = response.writableLength;
  body().end('the last');
  expect(response.writableLength).toBeGreaterThan(before);
});

test('a client that does not read for a while is disconnected, one that waits is not', () => {
  const { response, send, body } = respond();
  send();
  response.emit('timeout');
  expect(response.destroyed).toBe(false);
  body().write('x');
  response.emit('timeout');
  expect(response.destroyed).toBe(true);
});

test('a client that has left before the answer begins gets none', async () => {
  const { client, response, send, parts } = respond();
  await new Promise((resolve) => response.once('close', resolve) && client.destroy());
  send();
  expect(parts).toEqual({ left: 0 });
});

test('a client that leaves is noticed', async () => {
  const { client, response, send, parts } = respond();
  send();
  await new Promise((resolve) => response.once('close', resolve) && client.destroy());
  expect(parts.left).toBe(1);
});
