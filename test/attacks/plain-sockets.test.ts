import type { Socket } from 'node:net';
import { describe, expect } from 'vitest';
import type { RawClient } from '../support/raw-client.js';
import type { RelayProcess } from '../support/relay-process.js';
import { arena, WAIT_FAILS } from './arena.js';
import { eventually, freshAddress, gone, openSocket, outcome, upgrade } from './attackers.js';

/** The sockets of one address by default: twice 256 connections, and 64 for plain requests. */
const SOCKETS_OF_ONE = 2 * 256 + 64;

const SETUP = { oldSpace: 256, descriptors: 2048, mostToWait: WAIT_FAILS };

describe('2,048 file descriptors', () => {
  const attack = arena([], SETUP);

  attack('2,200 half requests of one address leave sockets for others', async ({ relay }) => {
    const from = freshAddress();
    const sockets: Socket[] = [];
    while (sockets.length < 2200) {
      const batch = Array.from({ length: 50 }, () => openSocket(relay, { from }));
      for (const socket of await Promise.all(batch)) {
        socket.resume();
        socket.write('GET /health HTTP/1.1\r\nHost: x\r\n');
        sockets.push(socket);
      }
    }
    await eventually(
      () => openOf(sockets),
      (open) => open <= SOCKETS_OF_ONE,
    );
    const refused = await relay.metric('lobby_relay_sockets_refused_total');
    expect(refused).toBeGreaterThanOrEqual(2200 - SOCKETS_OF_ONE);
    for (let n = 0; n < 20; n++) {
      const other = await upgrade(relay, '/CREATE', { from: freshAddress() });
      expect(other.socket.closed).toBe(false);
      other.socket.destroy();
    }
    // Refused sockets do not count.
    for (const socket of sockets) socket.destroy();
    await Promise.all(sockets.map(gone));
    await eventually(() => getsIn(relay, from), Boolean);
  });

  attack('refused connections of one address leave places for others', async ({ relay }) => {
    const from = freshAddress();
    const lingering: RawClient[] = [];
    while (lingering.length < 200) lingering.push(await upgrade(relay, '/', { from }));
    const others = await Promise.all(Array.from({ length: 30 }, () => outcome(relay, '/')));
    expect(others.map(({ code }) => code)).toEqual(new Array(30).fill(4004));
    for (const { socket } of lingering) socket.destroy();
  });
});

function openOf(sockets: readonly Socket[]): number {
  return sockets.filter(({ closed }) => !closed).length;
}

/** Whether a WebSocket of this address is accepted. */
async function getsIn(relay: RelayProcess, from: string): Promise<boolean> {
  const client = await upgrade(relay, '/CREATE', { from });
  const isIn = !client.socket.closed;
  client.socket.destroy();
  return isIn;
}
