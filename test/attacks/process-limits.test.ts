import type { Socket } from 'node:net';
import { afterAll, describe, expect } from 'vitest';
import { selfSigned } from '../support/certificate.js';
import { Player } from '../support/clients.js';
import { frame, OPCODE, type RawClient } from '../support/raw-client.js';
import type { RelayProcess } from '../support/relay-process.js';
import { arena } from './arena.js';
import {
  eventually,
  freshAddress,
  gone,
  joinRoom,
  KIB,
  MIB,
  openRoom,
  openSocket,
  outcome,
  upgrade,
} from './attackers.js';

/** How long a running relay waits for a player to confirm a close, in milliseconds. */
const CLOSE_TIMEOUT = 15_000;

describe('64 MiB for all buffers', () => {
  const attack = arena(['--memory', '64MiB']);

  attack('256 messages of the largest size, half sent, do not end the process', async (arena) => {
    const { relay } = arena;
    const hosts: RawClient[] = [];
    for (let address = 0; address < 16; address++) {
      const from = freshAddress();
      for (let n = 0; n < 16; n++) hosts.push(await upgrade(relay, '/CREATE', { from }));
    }
    for (const host of hosts) host.write(frame(OPCODE.binary, '', { declared: 16 * MIB }));
    const piece = Buffer.alloc(256 * KIB);
    let most = 0;
    // All of them grow together, until they are closed or nearly complete.
    for (let sent = 0; sent < 63 * piece.length; sent += piece.length) {
      await Promise.all(hosts.map(({ socket }) => take(socket, piece)));
      most = Math.max(most, await relay.metric('lobby_relay_backlog_bytes'));
    }
    expect(await relay.metric('lobby_relay_closes_total', 'code="4008"')).toBeGreaterThan(200);
    expect(most).toBeLessThan(512 * MIB);
    expect(await relay.metric('process_resident_memory_bytes')).toBeLessThan(1024 * MIB);
    for (const { socket } of hosts) socket.destroy();
    await eventually(() => status(relay, '/ready'), isOk);
    const host = await openRoom(relay);
    await joinRoom(relay, host);
  });

  attack(
    '100 players that do not read tiny messages: the largest backlogs are closed',
    async (arena) => {
      const { relay } = arena;
      const host = await openRoom(relay, { maxPlayers: 200 });
      const reader = await joinRoom(relay, host);
      const deaf: Player[] = [];
      while (deaf.length < 100) deaf.push(await joinRoom(relay, host));
      for (const { socket } of deaf) socket.pause();
      const data = Buffer.alloc(1000);
      const cut = host.until('player_left');
      for (let sent = 0; sent < 12_000; sent += 500) {
        for (let n = 0; n < 500; n++) host.command({ cmd: 'to', to: [], data });
        for (let n = 0; n < 500; n++) await reader.next();
      }
      await cut;
      expect(await relay.metric('lobby_relay_backlog_bytes')).toBeLessThan(512 * MIB);
      for (const player of deaf) player.cut();
    },
  );
});

describe('a heap of 256 MB', () => {
  const attack = arena(['--memory', '128MiB'], { oldSpace: 256 });

  attack('many rooms, players and messages do not end the process', async ({ relay }) => {
    const hosts = [];
    for (let address = 0; address < 30; address++) {
      const from = freshAddress();
      const open = () => openRoom(relay, { from, maxPlayers: 1000 });
      hosts.push(...(await Promise.all(Array.from({ length: 25 }, open))));
    }
    const [big] = hosts;
    if (big === undefined) throw new Error('no room');
    for (let address = 0; address < 4; address++) {
      const from = freshAddress();
      const join = () => upgrade(relay, `/${big.code}`, { from });
      const players = await Promise.all(Array.from({ length: 50 }, join));
      // Every second one reads nothing.
      for (const [at, { socket }] of players.entries()) {
        socket.removeAllListeners('data');
        if (at % 2 === 0) socket.pause();
        else socket.resume();
      }
    }
    for (const size of [10, 1000, 64 * KIB, 256 * KIB]) {
      for (let left = 20; left > 0; left--) {
        big.command({ cmd: 'to', to: [], data: Buffer.alloc(size) });
      }
      await big.settled();
    }
    for (const host of hosts) host.cut();
    await eventually(
      () => relay.metric('lobby_relay_connections', 'role="player"'),
      (players) => players < 150,
    );
  });
});

describe('100 file descriptors', () => {
  const attack = arena(['--request-timeout', '1'], { rooms: 8, descriptors: 100, node: [] });

  attack(
    'connections beyond the limit are refused, and the process continues',
    async ({ relay }) => {
      const host = await openRoom(relay, { maxPlayers: 500 });
      const clients = await Promise.all(
        Array.from({ length: 100 }, () => upgrade(relay, `/${host.code}`)),
      );
      const refused = clients.filter(({ received }) => received.length === 0 || closes(received));
      expect(refused.length).toBeGreaterThan(40);
      for (const { socket } of clients) socket.destroy();
      await eventually(() => status(relay, '/health'), isOk);
    },
  );

  attack('300 idle sockets are refused or closed, and then the relay answers', async (arena) => {
    const { relay } = arena;
    const sockets = await Promise.all(Array.from({ length: 300 }, () => openSocket(relay)));
    for (const socket of sockets) socket.resume();
    await Promise.all(sockets.map(gone));
    await eventually(() => status(relay, '/health'), isOk);
    const host = await openRoom(relay);
    await joinRoom(relay, host);
  });
});

describe('the end of the process', () => {
  describe('with some seconds to drain', () => {
    // Long enough for all attempts on a busy machine.
    const attack = arena(['--drain', '5'], { ends: true });

    attack('running rooms continue, new ones get 1012, then all connections do', async (arena) => {
      const { relay, healthy } = arena;
      const host = await openRoom(relay);
      await healthy.expectEnd();
      relay.signal('SIGTERM');
      await eventually(
        () => status(relay, '/ready'),
        (code) => code === 503,
      );
      expect(await status(relay, '/health')).toBe(200);
      expect(await outcome(relay, '/CREATE')).toMatchObject({ code: 1012 });
      const late = await joinRoom(relay, host);
      late.send('still going on');
      expect(await host.until('from_str')).toMatchObject({ data: 'still going on' });
      expect(await late.closed).toMatchObject({ code: 1012 });
      expect(await healthy.ended()).toEqual({ 1012: 175 });
      expect(await relay.ended).toEqual({ code: 0, signal: null });
    });
  });

  describe('under load, without a drain', () => {
    const attack = arena([], { ends: true });

    attack('all clients get 1012, and those that do not read are terminated', async (arena) => {
      const { relay, healthy } = arena;
      const host = await openRoom(relay, { maxPlayers: 50 });
      const players: Player[] = [];
      while (players.length < 20) players.push(await joinRoom(relay, host));
      const deaf = await joinRoom(relay, host);
      deaf.socket.pause();
      const idle = await Promise.all(Array.from({ length: 20 }, () => upgrade(relay, '/CREATE')));
      await healthy.expectEnd();
      for (let n = 0; n < 2000; n++) {
        for (const player of players) player.send('x'.repeat(100));
        if (n % 10 === 0) host.command({ cmd: 'to', to: [], data: Buffer.alloc(16 * KIB) });
      }
      await host.until('from_str');
      const start = performance.now();
      relay.signal('SIGTERM');
      expect(await healthy.ended()).toEqual({ 1012: 175 });
      for (const client of [host, ...players]) {
        expect(await client.closed).toEqual({ code: 1012, reason: 'relay restarting' });
      }
      for (const client of idle) expect(await client.closeCode()).toBe(1012);
      expect(await relay.ended).toEqual({ code: 0, signal: null });
      expect(performance.now() - start).toBeLessThan(CLOSE_TIMEOUT);
    });
  });
});

describe('TLS', () => {
  const { cert, key, remove } = selfSigned();
  afterAll(remove);
  const options = ['--tls-cert', cert, '--tls-key', key, '--request-timeout', '1', '--stall', '1'];
  const attack = arena(options, { rooms: 20, tls: true });

  attack(
    'idle connections before and after the handshake, and invalid handshakes',
    async ({ relay }) => {
      const sockets = await Promise.all(Array.from({ length: 200 }, () => openSocket(relay)));
      for (const [at, socket] of sockets.entries()) {
        socket.resume();
        if (at % 4 === 1) socket.write('GET /health HTTP/1.1\r\nHost: x\r\n\r\n');
        if (at % 4 === 2) socket.write(Buffer.alloc(64 * KIB, 0x16));
        if (at % 4 === 3) socket.write(Buffer.from('16030100ff0100', 'hex'));
      }
      await Promise.all(sockets.map(gone));
    },
  );

  attack('a player that never reads is closed, as without TLS', async ({ relay }) => {
    const host = await openRoom(relay, { rejectUnauthorized: false });
    const player = Player.connect(relay.url, host.code, {
      rejectUnauthorized: false,
      localAddress: freshAddress(),
    });
    await host.until('player_joined');
    player.socket.pause();
    for (let left = 30 * 16; left > 0; left--) {
      host.command({ cmd: 'to', to: [], data: Buffer.alloc(64 * KIB) });
    }
    await host.until('player_left');
    player.cut();
  });
});

function closes(received: Buffer): boolean {
  return received[0] === 0x88;
}

/** Resolves when the kernel has accepted these bytes, or the socket is closed. */
function take(socket: Socket, bytes: Buffer): Promise<void> {
  return new Promise((resolve) => socket.write(bytes, () => resolve()));
}

async function status(relay: RelayProcess, path: string): Promise<number> {
  return (await relay.get(path)).status;
}

function isOk(code: number): boolean {
  return code === 200;
}
