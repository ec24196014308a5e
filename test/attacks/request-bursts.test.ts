import type { Socket } from 'node:net';
import { expect } from 'vitest';
import { upgradeRequest } from '../support/raw-client.js';
import type { RelayProcess } from '../support/relay-process.js';
import { arena, WAIT_FAILS } from './arena.js';
import { freshAddress, gone, openSocket } from './attackers.js';

/* Many connections of one address that each send a request at the same moment. */

const attack = arena([], { oldSpace: 64, mostToWait: WAIT_FAILS });

/** Fewer connections than one address may have. */
const CONNECTIONS = 500;

const HEAD = 'HTTP/1.1\r\nHost: x\r\n';
const SHORT_HEADERS = Array.from({ length: 1900 }, (_, i) => `a:${i % 10}\r\n`).join('');

const REQUESTS: Record<string, { request: string; answer: RegExp }> = {
  'ask for the health': { request: `GET /health ${HEAD}\r\n`, answer: /^HTTP\/1\.1 (200|429) / },
  'ask for the SDK': { request: `GET /client.js ${HEAD}\r\n`, answer: /^HTTP\/1\.1 (200|429) / },
  'ask for the metrics': { request: `GET /metrics ${HEAD}\r\n`, answer: /^HTTP\/1\.1 (200|429) / },
  'ask for a room that is not there': {
    request: `GET /AAAA?format=json ${HEAD}\r\n`,
    answer: /^HTTP\/1\.1 (404|429) /,
  },
  'ask for options': { request: `OPTIONS / ${HEAD}\r\n`, answer: /^HTTP\/1\.1 (204|429) / },
  'bring as many headers as fit': {
    request: `GET / ${HEAD}${SHORT_HEADERS.slice(0, 7900)}\r\n`,
    answer: /^HTTP\/1\.1 (200|429) /,
  },
  'bring a body that nobody wants': {
    request: `POST /health ${HEAD}Content-Length: 10\r\n\r\n0123456789`,
    answer: /^HTTP\/1\.1 (405|429) /,
  },
  'bring a body for signaling-server': {
    request: `POST / ${HEAD}Content-Length: 10\r\n\r\n0123456789`,
    answer: /^HTTP\/1\.1 (400|429) /,
  },
  'want a WebSocket where there is none': {
    request: upgradeRequest('/nope'),
    answer: /^$|^HTTP\/1\.1 101 /,
  },
  'want a room that is not there': {
    request: upgradeRequest('/AAAA'),
    answer: /^$|^HTTP\/1\.1 101 /,
  },
  'want a WebSocket of an unknown version': {
    request: upgradeRequest('/CREATE').replace('Version: 13', 'Version: 99'),
    answer: /^HTTP\/1\.1 400 /,
  },
  'offer subprotocols and extensions': {
    request: upgradeRequest(
      '/AAAA',
      `Sec-WebSocket-Protocol: ${names(300)}\r\nSec-WebSocket-Extensions: ${names(300)}\r\n`,
    ),
    answer: /^$|^HTTP\/1\.1 (101|400) /,
  },
  'send what is no request': { request: 'nonsense\r\n\r\n', answer: /^HTTP\/1\.1 400 / },
};

for (const [what, { request, answer }] of Object.entries(REQUESTS)) {
  attack(`${CONNECTIONS} connections of one address ${what} at once`, async ({ relay }) => {
    const answers = await burst(relay, request);
    for (const each of answers) expect(each).toMatch(answer);
  });
}

attack(
  `${CONNECTIONS} connections of one address end at once, and are reset`,
  async ({ relay }) => {
    for (const leave of [end, reset]) {
      const sockets = await crowd(relay);
      const left = Promise.all(sockets.map(gone));
      for (const socket of sockets) leave(socket);
      await left;
    }
  },
);

const end = (socket: Socket): unknown => socket.end();
const reset = (socket: Socket): unknown => socket.resetAndDestroy();

function names(count: number): string {
  return Array.from({ length: count }, (_, i) => `n${i}`).join(',');
}

async function crowd(relay: RelayProcess): Promise<Socket[]> {
  const from = freshAddress();
  const sockets: Socket[] = [];
  while (sockets.length < CONNECTIONS) {
    const batch = Array.from({ length: 50 }, () => openSocket(relay, { from }));
    sockets.push(...(await Promise.all(batch)));
  }
  for (const socket of sockets) socket.resume();
  return sockets;
}

/** The first answer on each connection; nothing if it is closed instead. */
async function burst(relay: RelayProcess, request: string): Promise<string[]> {
  const sockets = await crowd(relay);
  const answers = sockets.map(async (socket) => {
    const first = new Promise<string>((resolve) =>
      socket.once('data', (bytes) => resolve(bytes.toString('latin1'))),
    );
    return Promise.race([first, gone(socket).then(() => '')]);
  });
  for (const socket of sockets) socket.write(request);
  const all = await Promise.all(answers);
  for (const socket of sockets) socket.destroy();
  return all;
}
