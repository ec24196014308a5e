import { once } from 'node:events';
import { createServer } from 'node:http';
import { type AddressInfo, connect, type Socket } from 'node:net';
import { afterEach, describe, expect, test } from 'vitest';
import { CLOSE_REASONS } from '../../../src/protocol/close-codes.js';
import { Acceptor } from '../../../src/transport/acceptor.js';
import { Connection, type Link } from '../../../src/transport/connection.js';
import type { Role } from '../../../src/transport/connections.js';
import { upgradeRequest } from '../../support/raw-client.js';

const cleanUps: (() => void)[] = [];
afterEach(() => {
  for (const cleanUp of cleanUps.splice(0)) cleanUp();
});

/** An acceptor behind a real server. It counts connections, and creates them by this function. */
async function listening(role: Role, create: (link: Link) => Connection) {
  const counts = { connected: 0, disconnected: 0, faults: 0 };
  const acceptor = new Acceptor({
    maxMessage: { host: 1024, player: 1024, viewer: 1024, peer: 1024, requester: 1024 },
    stall: 15,
    ping: 20,
    fault: () => counts.faults++,
    connected: () => counts.connected++,
    disconnected: () => counts.disconnected++,
  });
  const server = createServer();
  server.on('upgrade', (request, socket, head) => {
    acceptor.accept(role, { request, socket: socket as Socket, head, address: 'a' }, create);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  cleanUps.push(() => server.close());
  const client = connect((server.address() as AddressInfo).port, '127.0.0.1');
  cleanUps.push(() => client.destroy());
  client.write(upgradeRequest('/'));
  let received = Buffer.alloc(0);
  client.on('data', (bytes) => {
    received = Buffer.concat([received, bytes]);
  });
  const closeFrame = async () => {
    for (;;) {
      const frame = received.subarray(received.indexOf('\r\n\r\n') + 4);
      if (received.includes('\r\n\r\n') && frame.length >= 4) return frame.readUInt16BE(2);
      await once(client, 'data');
    }
  };
  return { acceptor, client, counts, closeFrame };
}

const fails = (): never => {
  throw new Error('on purpose');
};

/** Throws during construction, as a room may while a player joins. */
class Half extends Connection {
  constructor(link: Link) {
    super(link);
    fails();
  }
}

describe('a connection whose construction throws', () => {
  test.each([
    ['before it is a connection', fails],
    ['afterwards', (link: Link) => new Half(link)],
  ])('%s is closed with 1011 and is not counted any more', async (_, create) => {
    const { acceptor, client, counts, closeFrame } = await listening('player', create);
    expect(await closeFrame()).toBe(1011);
    client.end();
    await once(client, 'close');
    await acceptor.close(CLOSE_REASONS.restarting, 1000);
    expect(counts).toEqual({ connected: 1, disconnected: 1, faults: 1 });
    expect(acceptor.connections.counts).toEqual({
      host: 0,
      player: 0,
      viewer: 0,
      peer: 0,
      requester: 0,
    });
  });

  test('was not counted if it was refused', async () => {
    const { client, counts, closeFrame } = await listening('refused', fails);
    expect(await closeFrame()).toBe(1011);
    client.end();
    await once(client, 'close');
    expect(counts).toEqual({ connected: 0, disconnected: 0, faults: 1 });
  });
});
