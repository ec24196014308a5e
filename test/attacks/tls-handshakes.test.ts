import { once } from 'node:events';
import { createServer, type Socket } from 'node:net';
import { type ConnectionOptions, connect, type TLSSocket } from 'node:tls';
import { afterAll, expect, onTestFinished } from 'vitest';
import { selfSigned } from '../support/certificate.js';
import type { RelayProcess } from '../support/relay-process.js';
import { arena, WAIT_FAILS } from './arena.js';
import { freshAddress, gone, openSocket } from './attackers.js';

/* Each ClientHello costs a key exchange and a signature. */

const { cert, key, remove } = selfSigned();
afterAll(remove);

const attack = arena(['--tls-cert', cert, '--tls-key', key], {
  tls: true,
  oldSpace: 64,
  mostToWait: WAIT_FAILS,
});

const CONNECTIONS = 500;

attack('500 connections of one address say hello at once', async ({ relay }) => {
  const hello = await clientHello(relay);
  const from = freshAddress();
  const sockets: Socket[] = [];
  while (sockets.length < CONNECTIONS) {
    const batch = Array.from({ length: 50 }, () => openSocket(relay, { from }));
    sockets.push(...(await Promise.all(batch)));
  }
  const answered = sockets.map((socket) => once(socket, 'data'));
  for (const socket of sockets) socket.write(hello);
  await Promise.all(answered);
  for (const socket of sockets) socket.destroy();
});

attack('100 connections shake hands again and again for two seconds', async ({ relay }) => {
  const from = freshAddress();
  const end = performance.now() + 2000;
  let count = 0;
  const one = async (): Promise<void> => {
    while (performance.now() < end) {
      const socket = await secure(relay, { localAddress: from });
      socket.destroy();
      count++;
    }
  };
  await Promise.all(Array.from({ length: 100 }, one));
  expect(count).toBeGreaterThan(0);
});

attack('100 connections want to renegotiate', async ({ relay }) => {
  const from = freshAddress();
  const sockets = await Promise.all(
    Array.from({ length: 100 }, () => secure(relay, { localAddress: from, maxVersion: 'TLSv1.2' })),
  );
  const outcomes = sockets.map(async (socket) => {
    const done = new Promise<boolean>((resolve) => {
      socket.renegotiate({}, (error) => resolve(error === null));
    });
    return Promise.race([done, gone(socket).then(() => false)]);
  });
  expect(await Promise.all(outcomes)).toEqual(new Array(100).fill(false));
});

/** The first message of a client. */
async function clientHello(relay: RelayProcess): Promise<Buffer> {
  const server = createServer().listen(0, '127.0.0.1');
  onTestFinished(() => void server.close());
  await once(server, 'listening');
  const client = connect({ ...target(relay), port: (server.address() as { port: number }).port });
  client.on('error', () => {});
  const [socket] = (await once(server, 'connection')) as [Socket];
  const [hello] = (await once(socket, 'data')) as [Buffer];
  socket.destroy();
  return hello;
}

function target({ port }: RelayProcess): ConnectionOptions {
  return { port, host: '127.0.0.1', rejectUnauthorized: false };
}

async function secure(
  relay: RelayProcess,
  options: ConnectionOptions & { localAddress: string },
): Promise<TLSSocket> {
  const all: ConnectionOptions & { localAddress: string } = { ...target(relay), ...options };
  const socket = connect(all);
  onTestFinished(() => void socket.destroy());
  await once(socket, 'secureConnect');
  socket.on('error', () => {});
  return socket;
}
