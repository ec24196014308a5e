import { once } from 'node:events';
import { type ConnectionOptions, connect } from 'node:tls';
import { afterAll, onTestFinished } from 'vitest';
import { selfSigned } from '../support/certificate.js';
import { frame, OPCODE, RawClient, upgradeRequest } from '../support/raw-client.js';
import type { RelayProcess } from '../support/relay-process.js';
import { arena, WAIT_FAILS } from './arena.js';
import { freshAddress, KIB } from './attackers.js';
import { allLeave, CountingClient } from './crowd.js';

/* A chunk of the socket can contain hundreds of TLS records of one byte, and each becomes a chunk. */

const { cert, key, remove } = selfSigned();
afterAll(remove);

const attack = arena(['--tls-cert', cert, '--tls-key', key], {
  tls: true,
  oldSpace: 256,
  mostToWait: WAIT_FAILS,
});

attack('100 players send a message of 16 KiB in records of one byte', async ({ relay }) => {
  const from = freshAddress();
  const host = await secureClient(relay, '/CREATE?format=json&bytes=1', from);
  host.write(frame(OPCODE.text, '{"cmd":"prepare","max_players":250,"name":""}'));
  const reply = await host.until((bytes) => bytes.includes('prepare_reply'));
  const code = /"key":"(\w{4})"/.exec(reply.toString('latin1'))?.[1];
  const players: CountingClient[] = [];
  while (players.length < 100) {
    const batch = Array.from({ length: 10 }, () => secureClient(relay, `/${code}`, from));
    players.push(...(await Promise.all(batch)).map((raw) => new CountingClient(raw)));
  }
  const quiet = new CountingClient(host);
  const message = frame(OPCODE.binary, Buffer.alloc(16 * KIB, 7));
  const quietReceived = quiet.receives(100 * KIB);
  for (let at = 0; at < message.length && quiet.bytes < 100 * KIB; at += 500) {
    for (const { raw } of players) {
      raw.socket.cork();
      for (const byte of message.subarray(at, at + 500)) raw.socket.write(Uint8Array.of(byte));
      raw.socket.uncork();
    }
    await new Promise((resolve) => setImmediate(resolve));
  }
  // Each client is closed because of too many chunks, or its message is forwarded.
  await Promise.race([quietReceived, Promise.all(players.map((player) => player.receives(4)))]);
  await allLeave(quiet, ...players);
});

async function secureClient(relay: RelayProcess, path: string, from: string): Promise<RawClient> {
  const options: ConnectionOptions & { localAddress: string } = {
    port: relay.port,
    host: '127.0.0.1',
    localAddress: from,
    rejectUnauthorized: false,
  };
  const socket = connect(options);
  onTestFinished(() => void socket.destroy());
  await once(socket, 'secureConnect');
  const client = new RawClient(socket);
  client.closed.catch(() => {});
  client.write(upgradeRequest(path));
  const head = await client.until((bytes) => bytes.includes('\r\n\r\n'));
  client.received = head.subarray(head.indexOf('\r\n\r\n') + 4);
  return client;
}
