import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import type { Socket } from 'node:net';
import { fileURLToPath } from 'node:url';
import { describe, expect, onTestFinished } from 'vitest';
import { startProgram } from '../support/program.js';
import { frame, OPCODE, type RawClient } from '../support/raw-client.js';
import type { RelayProcess } from '../support/relay-process.js';
import { arena, HEALTHY_ROOMS } from './arena.js';
import {
  answerTo,
  eventually,
  freshAddress,
  gone,
  KIB,
  MIB,
  openRoom,
  openSocket,
  outcome,
  upgrade,
} from './attackers.js';

const PHONE = fileURLToPath(new URL('programs/phone.ts', import.meta.url));

const PING = Buffer.from([0x80 | OPCODE.ping, 0]);

describe('connections that have gone silent', () => {
  // Three seconds without data: no less, because healthy players may have to wait for a CPU.
  const attack = arena(['--ping', '1', '--stall', '1']);

  attack('500 half-open connections are terminated after two pings', async ({ relay }) => {
    const host = await openRoom(relay, { maxPlayers: 500 });
    const silent: RawClient[] = [];
    for (let party = 0; party < 5; party++) {
      const from = freshAddress();
      const path = `/${host.code}`;
      silent.push(...(await Promise.all(times(100, () => upgrade(relay, path, { from })))));
    }
    await Promise.all(silent.map(({ socket }) => gone(socket)));
    for (const { received } of silent) {
      expect(received).toEqual(Buffer.concat([PING, PING]));
    }
    for (const _ of silent) await host.until('player_left');
  });

  attack('half-open hosts are terminated, and their players get the close', async ({ relay }) => {
    const { socket, received } = await silentHost(relay);
    const code = /"key":"(\w+)"/.exec(received.toString('latin1'))?.[1];
    expect(await outcome(relay, `/${code}`)).toMatchObject({ code: 4010 });
    await gone(socket);
  });

  attack('a client that only answers pings stays connected', async ({ relay }) => {
    const host = await openRoom(relay);
    const quiet = await upgrade(relay, `/${host.code}`);
    const pong = frame(OPCODE.pong);
    for (let pings = 1; pings <= 4; pings++) {
      await quiet.until(({ length }) => length >= pings * PING.length);
      quiet.write(pong);
    }
    quiet.write(frame(OPCODE.text, 'still here'));
    expect(await host.until('from_str')).toMatchObject({ data: 'still here' });
  });

  attack('a stopped phone is terminated, and affects no other when it wakes', async (arena) => {
    const host = await openRoom(arena.relay);
    const phone = await startPhone(arena.relay, host.code);
    await host.until('from_str');
    phone.kill('SIGSTOP');
    expect(await host.until('player_left')).toMatchObject({ player: 1 });
    const received = once(phone, 'message');
    phone.kill('SIGCONT');
    expect((await received)[0]).toEqual({ closed: 1006 });
  });

  attack('a phone that is stopped while it has a backlog is terminated', async ({ relay }) => {
    const host = await openRoom(relay);
    const phone = await startPhone(relay, host.code);
    await host.until('from_str');
    phone.kill('SIGSTOP');
    for (let left = 12 * 16; left > 0; left--) {
      host.command({ cmd: 'to', to: [], data: Buffer.alloc(64 * KIB) });
    }
    expect(await host.until('player_left')).toMatchObject({ player: 1 });
    const received = once(phone, 'message');
    phone.kill('SIGCONT');
    await received;
  });

  attack('a stopped host loses its room', async ({ relay }) => {
    const hosts = () => relay.metric('lobby_relay_connections', 'role="host"');
    const phone = await startPhone(relay, 'CREATE');
    // Hosts of earlier attacks may still be connected.
    await eventually(hosts, (count) => count === HEALTHY_ROOMS + 1);
    phone.kill('SIGSTOP');
    await eventually(hosts, (count) => count === HEALTHY_ROOMS);
    phone.kill('SIGCONT');
  });
});

describe('connections that ask for nothing', () => {
  const attack = arena(['--request-timeout', '1', '--connections-per-address', '64']);

  attack('500 sockets that send nothing are closed', async ({ relay }) => {
    const from = freshAddress();
    const sockets = await Promise.all(times(500, () => openSocket(relay, { from })));
    const answers = await Promise.all(sockets.map(whole));
    for (const answer of answers) expect(answer).toMatch(/^$|^HTTP\/1\.1 408 /);
  });

  attack('500 sockets that send one byte are closed', async ({ relay }) => {
    const from = freshAddress();
    const sockets = await Promise.all(times(500, () => openSocket(relay, { from })));
    for (const socket of sockets) socket.write('G');
    const answers = await Promise.all(sockets.map(whole));
    for (const answer of answers) expect(answer).toMatch(/^$|^HTTP\/1\.1 408 /);
  });

  attack('100 request heads sent one byte at a time are closed', async ({ relay }) => {
    const head = `GET /health HTTP/1.1\r\nHost: x\r\nX: ${'y'.repeat(4000)}\r\n\r\n`;
    const sockets = await Promise.all(times(100, () => openSocket(relay)));
    const answers = sockets.map(whole);
    let at = 0;
    const trickle = setInterval(() => {
      for (const socket of sockets) if (socket.writable) socket.write(head[at] ?? '');
      at++;
    }, 20);
    onTestFinished(() => clearInterval(trickle));
    for (const answer of await Promise.all(answers)) {
      expect(answer).toMatch(/^$|^HTTP\/1\.1 408 /);
    }
  });

  attack('bodies that never end are closed or ignored', async ({ relay }) => {
    const post = 'POST /CREATE HTTP/1.1\r\nHost: x\r\nContent-Length: 1000000\r\n\r\n';
    const sockets = await Promise.all(times(100, () => openSocket(relay)));
    for (const socket of sockets) socket.write(post);
    const answers = await Promise.all(sockets.map(whole));
    for (const answer of answers) expect(answer).toMatch(/^HTTP\/1\.1 405 /);
  });

  attack('a request head above 8 KiB is answered with 431 in every form', async ({ relay }) => {
    const heads = [
      `GET /${'x'.repeat(9 * KIB)} HTTP/1.1\r\nHost: x\r\n\r\n`,
      `GET /health HTTP/1.1\r\nHost: x\r\nX: ${'y'.repeat(9 * KIB)}\r\n\r\n`,
      `GET /health HTTP/1.1\r\nHost: x\r\n${'X: y\r\n'.repeat(6000)}\r\n`,
      `GET /health HTTP/1.1\r\nHost: x\r\n${'z'.repeat(MIB)}`,
      `GET /CREATE HTTP/1.1\r\nHost: x\r\nUpgrade: ${'websocket,'.repeat(1000)}\r\n\r\n`,
    ];
    for (const head of heads) {
      expect(await answerTo(relay, head)).toMatch(/^$|^HTTP\/1\.1 431 /);
    }
  });
});

function times<T>(count: number, make: () => T): T[] {
  return Array.from({ length: count }, make);
}

/** All that a socket receives until it is closed. */
function whole(socket: Socket): Promise<string> {
  return new Promise((resolve) => {
    let text = '';
    socket.on('data', (bytes) => {
      text += bytes.toString('latin1');
    });
    gone(socket).then(() => resolve(text));
  });
}

/** A host that prepares its room and does nothing more. */
async function silentHost(relay: RelayProcess): Promise<RawClient> {
  const host = await upgrade(relay, '/CREATE?format=json');
  host.write(frame(OPCODE.text, '{"cmd":"prepare","max_players":8}'));
  await host.until((bytes) => bytes.includes('prepare_reply'));
  return host;
}

/** Resolves when it is connected. */
async function startPhone({ url }: RelayProcess, path: string): Promise<ChildProcess> {
  const phone = startProgram(PHONE, [`${url}/${path}`, freshAddress()]);
  onTestFinished(() => void phone.kill('SIGKILL'));
  await once(phone, 'message');
  return phone;
}
