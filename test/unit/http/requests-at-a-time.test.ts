import { IncomingMessage, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import { Duplex } from 'node:stream';
import { setImmediate as endOfTurn } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { createRelay } from '../../../src/server.js';

/** A client that reads nothing, so that writing to it never finishes. */
class Deaf extends Duplex {
  readonly remoteAddress: string;
  written = '';

  constructor(remoteAddress: string) {
    super();
    this.remoteAddress = remoteAddress;
  }

  override _read(): void {}

  override _write(bytes: Buffer, _encoding: string, _done: () => void): void {
    this.written += bytes.toString('latin1');
  }

  setTimeout(): this {
    return this;
  }
}

test('an address has at most 64 requests answered at a time', async () => {
  const relay = createRelay();
  const ask = async (address: string): Promise<{ status: number; deaf: Deaf }> => {
    const deaf = new Deaf(address);
    const socket = deaf as unknown as Socket;
    const request = new IncomingMessage(socket);
    Object.assign(request, { method: 'GET', url: '/health' });
    const response = new ServerResponse(request);
    response.assignSocket(socket);
    relay.handleRequest(request, response);
    while (deaf.written === '') await endOfTurn();
    return { status: response.statusCode, deaf };
  };
  const asked: Deaf[] = [];
  for (let n = 0; n < 64; n++) {
    const { status, deaf } = await ask('192.0.2.1');
    expect(status).toBe(200);
    asked.push(deaf);
  }
  expect((await ask('192.0.2.1')).status).toBe(429);
  expect((await ask('192.0.2.2')).status).toBe(200);
  // Loopback addresses are exempt.
  for (let n = 0; n < 100; n++) expect((await ask('127.0.0.1')).status).toBe(200);
  const [first] = asked;
  await new Promise((resolve) => first?.on('close', resolve).destroy());
  expect((await ask('192.0.2.1')).status).toBe(200);
});
