import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { expect, onTestFinished } from 'vitest';
import { freePort } from '../support/free-port.js';
import { arena, WAIT_FAILS } from './arena.js';
import { eventually, gone } from './attackers.js';

/* The metrics at a separate address, which may be public. */

const port = await freePort();

const attack = arena(['--metrics-listen', `127.0.0.1:${port}`], {
  oldSpace: 64,
  mostToWait: WAIT_FAILS,
});

/** The number of sockets that it accepts at a time. */
const SOCKETS = 32;

const HEAD = 'HTTP/1.1\r\nHost: x\r\n';
const SCRAPE = `GET /metrics ${HEAD}\r\n`;

async function scrapers(): Promise<Socket[]> {
  const sockets = Array.from({ length: SOCKETS }, () => connect(port, '127.0.0.1'));
  for (const socket of sockets) {
    onTestFinished(() => void socket.destroy());
    socket.on('error', () => {}).resume();
  }
  await Promise.all(sockets.map((socket) => once(socket, 'connect')));
  return sockets;
}

// First, while all sockets are free.
attack(`${SOCKETS} sockets scrape as fast as they are answered, 100 times each`, async () => {
  const sockets = await scrapers();
  const scrapes = sockets.map(async (socket) => {
    for (let left = 100; left > 0; left--) {
      const answered = once(socket, 'data');
      socket.write(SCRAPE);
      await answered;
    }
    socket.destroy();
  });
  await Promise.all(scrapes);
  expect(await eventually(isServed, Boolean)).toBe(true);
});

const FLOODS: Record<string, string> = {
  '2,000 scrapes before one is answered': SCRAPE.repeat(2000),
  'a body in 100,000 chunks of one byte': `POST / ${HEAD}Transfer-Encoding: chunked\r\n\r\n${'1\r\nx\r\n'.repeat(100_000)}`,
};

for (const [what, bytes] of Object.entries(FLOODS)) {
  attack(`${SOCKETS} sockets each send ${what}`, async () => {
    const sockets = await scrapers();
    for (const socket of sockets) socket.write(bytes);
    await Promise.all(sockets.map(gone));
    await eventually(isServed, Boolean);
  });
}

/** Whether another client gets the metrics. */
async function isServed(): Promise<boolean> {
  const answer = await fetch(`http://127.0.0.1:${port}/metrics`).catch(() => undefined);
  return (await answer?.text())?.includes('lobby_relay_rooms') ?? false;
}
