import { Buffer } from 'node:buffer';
import { once } from 'node:events';
import { IncomingMessage } from 'node:http';
import { Socket } from 'node:net';
import { Duplex } from 'node:stream';
import { describe, expect, test } from 'vitest';
import { Handshakes } from '../../../src/transport/handshake.js';

/** A socket without a network, which accepts output or fails. */
function made(error?: Error): { socket: Socket; written: () => string } {
  const chunks: Buffer[] = [];
  const socket = new Duplex({
    read() {},
    write: (bytes: Buffer, _, done) => {
      chunks.push(bytes);
      done(error);
    },
  });
  return { socket: socket as Socket, written: () => Buffer.concat(chunks).toString('latin1') };
}

const HEADERS = {
  connection: 'Upgrade',
  upgrade: 'websocket',
  'sec-websocket-version': '13',
  'sec-websocket-key': 'AAAAAAAAAAAAAAAAAAAAAA==',
};

function request(headers: Record<string, string> = {}): IncomingMessage {
  const all = { ...HEADERS, ...headers };
  return Object.assign(new IncomingMessage(new Socket()), { method: 'GET', headers: all });
}

/** Completes the handshake, and returns the output until it was accepted. */
function complete(asked: IncomingMessage, { socket, written }: ReturnType<typeof made>) {
  let accepted: string | undefined;
  new Handshakes().complete(asked, socket, () => {
    accepted = written();
    // Like the next owner of the socket.
    socket.on('error', () => {});
  });
  return accepted;
}

describe('a handshake', () => {
  test('is answered before it is accepted, and no listener of ws remains on the socket', () => {
    const it = made();
    // RFC 6455 section 1.3, for this key.
    const answer = complete(request({ 'sec-websocket-protocol': 'a, b' }), it);
    expect(answer).toMatch(/^HTTP\/1.1 101 Switching Protocols\r\n/);
    expect(answer).toContain('Sec-WebSocket-Accept: ICX+Yqv66kxgM0FcWaLWlFLwTAI=\r\n');
    expect(answer).toContain('Sec-WebSocket-Protocol: a\r\n');
    expect(answer).toMatch(/\r\n\r\n$/);
    expect(it.socket.listenerCount('error')).toBe(1);
    for (const event of ['data', 'close']) expect(it.socket.listenerCount(event)).toBe(0);
  });

  test.each([
    ['no key', { 'sec-websocket-key': 'short' }, '400'],
    ['an unknown version', { 'sec-websocket-version': '12' }, '400'],
    ['another protocol', { upgrade: 'h2c' }, '400'],
    ['protocols that are none', { 'sec-websocket-protocol': ', a b' }, '400'],
  ])('with %s is answered in HTTP, and the connection ends', async (_, headers, status) => {
    const it = made();
    expect(complete(request(headers), it)).toBe(undefined);
    expect(it.written()).toMatch(new RegExp(`^HTTP/1.1 ${status} `));
    await once(it.socket, 'close');
  });

  test.each([
    ['a right one', {}],
    ['a wrong one', { 'sec-websocket-key': 'short' }],
  ])('whose answer is not read has no effect: %s', async (_, headers) => {
    const it = made(new Error('write ECONNRESET'));
    const closed = new Promise<void>((resolve) => it.socket.once('close', resolve));
    complete(request(headers), it);
    await closed;
    expect(it.socket.destroyed).toBe(true);
  });

  test('of a disconnected client is not answered', () => {
    const it = made();
    it.socket.end();
    expect(complete(request(), it)).toBe(undefined);
    expect(it.written()).toBe('');
    expect(it.socket.destroyed).toBe(true);
  });

  test('is refused when the relay stops', async () => {
    const it = made();
    const handshakes = new Handshakes();
    handshakes.close();
    handshakes.complete(request(), it.socket, () => expect.unreachable());
    expect(it.written()).toMatch(/^HTTP\/1.1 503 /);
    await once(it.socket, 'close');
  });
});
