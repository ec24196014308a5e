import { Buffer } from 'node:buffer';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net';
import { setImmediate as endOfTurn } from 'node:timers/promises';
import { connect as connectTls, createServer as createTlsServer } from 'node:tls';
import { describe, expect, onTestFinished, test, vi } from 'vitest';
import { FlushCycle } from '../../../src/transport/flush-cycle.js';
import { SocketReader } from '../../../src/transport/socket-reader.js';
import { selfSigned } from '../../support/certificate.js';
import { frame, OPCODE } from '../../support/raw-client.js';

/*
 * How Node's sockets deliver what they read, on which the reader relies: with real sockets, with and
 * without TLS.
 */

interface Pair {
  readonly socket: Socket;
  readonly client: Socket;
}

async function pair(
  server: Server,
  accepts: 'connection' | 'secureConnection',
  join: (port: number) => Socket,
): Promise<Pair> {
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const client = join((server.address() as AddressInfo).port);
  client.setNoDelay(true);
  client.on('error', () => {});
  const [socket] = (await once(server, accepts)) as [Socket];
  onTestFinished(() => {
    client.destroy();
    server.close();
  });
  return { socket, client };
}

const plain = (): Promise<Pair> =>
  pair(createServer(), 'connection', (port) => connect({ port, host: '127.0.0.1', noDelay: true }));

function secure(): Promise<Pair> {
  const { cert, key, remove } = selfSigned();
  onTestFinished(remove);
  const server = createTlsServer({ key: readFileSync(key), cert: readFileSync(cert) });
  return pair(server, 'secureConnection', (port) =>
    connectTls({ port, host: '127.0.0.1', rejectUnauthorized: false }),
  );
}

class Reading {
  readonly got: string[] = [];
  readonly chunks: number[] = [];
  readonly reader: SocketReader;
  onMessage = (): void => {};
  broken = 0;

  constructor(socket: Socket, cycle = new FlushCycle()) {
    const nothing = () => {};
    this.reader = new SocketReader(
      socket,
      {
        chunk: (bytes) => void this.chunks.push(bytes),
        message: (bytes) => {
          this.got.push(Buffer.from(bytes).toString());
          this.onMessage();
        },
        ping: nothing,
        pong: nothing,
        closeFrame: nothing,
        broken: () => {
          this.broken++;
        },
        parsed: nothing,
      },
      1 << 20,
      cycle,
    );
  }

  has(messages: readonly string[]): Promise<void> {
    return vi.waitFor(() => expect(this.got).toEqual(messages), { timeout: 10_000 });
  }
}

describe.each([
  ['a socket', plain],
  ['a socket with TLS', secure],
])('%s', (_, make) => {
  test('delivers without the stream, and resumes after a pause', async () => {
    const { socket, client } = await make();
    const reading = new Reading(socket);
    const emit = vi.spyOn(socket, 'emit');
    const sent: string[] = [];
    const say = (message: string) => {
      sent.push(message);
      client.write(frame(OPCODE.text, message));
    };
    for (let round = 0; round < 5; round++) {
      say(`before ${round}`);
      await reading.has(sent);
      reading.reader.pause();
      say(`meanwhile ${round}`);
      await vi.waitFor(() => expect(reading.reader.hasBufferedInput).toBe(true));
      expect(reading.got).toHaveLength(sent.length - 1);
      reading.reader.resume();
      await reading.has(sent);
    }
    expect(emit.mock.calls.filter(([event]) => String(event) === 'data')).toEqual([]);
    expect(socket.readableLength).toBe(0);
  });

  test('stops with the first chunk that arrives in a pause', async () => {
    const { socket, client } = await make();
    const reading = new Reading(socket);
    client.write(frame(OPCODE.text, 'first'));
    await reading.has(['first']);
    reading.reader.pause();
    const many = frame(OPCODE.text, 'x'.repeat(20_000));
    client.write(many.subarray(0, 1));
    await vi.waitFor(() => expect(reading.reader.bufferedBytes).toBe(1));
    // These would be chunks of one byte each.
    const before = reading.chunks.length;
    for (const byte of many.subarray(1, 2000)) {
      await new Promise<void>((done) => client.write(Uint8Array.of(byte), () => done()));
    }
    expect(reading.chunks.length).toBe(before);
    expect(reading.reader.bufferedBytes).toBe(1);
    client.write(many.subarray(2000));
    reading.reader.resume();
    await reading.has(['first', 'x'.repeat(20_000)]);
  });

  test('keeps the order when it is paused by a message, and resumed when its output is flushed', async () => {
    const { socket, client } = await make();
    const cycle = new FlushCycle();
    const reading = new Reading(socket, cycle);
    const flush = { bulk: false, flush: () => reading.reader.resume() };
    reading.onMessage = () => {
      reading.reader.pause();
      cycle.schedule(flush);
    };
    const sent = Array.from({ length: 200 }, (_, n) => `${n} ${'.'.repeat((n * 37) % 7000)}`);
    for (const message of sent) {
      client.write(frame(OPCODE.text, message));
      if (message.length % 3 === 0) await endOfTurn();
    }
    await reading.has(sent);
    expect(reading.broken).toBe(0);
  });

  test('loses nothing when it is paused at any time', async () => {
    const { socket, client } = await make();
    const reading = new Reading(socket);
    const sent = Array.from({ length: 3000 }, (_, n) => `${n} ${'.'.repeat((n * 37) % 700)}`);
    client.write(Buffer.concat(sent.map((message) => frame(OPCODE.text, message))));
    while (reading.got.length < sent.length) {
      reading.reader.pause();
      await endOfTurn();
      reading.reader.resume();
      await endOfTurn();
    }
    expect(reading.got).toEqual(sent);
  });
});

test('chunks that a stream delivers by events are read in the same way', async () => {
  const { socket, client } = await plain();
  // Simulates a later version of Node that delivers input in another way.
  const { push } = socket;
  const reading = new Reading(socket);
  socket.push = push;
  client.write(frame(OPCODE.text, 'one'));
  await reading.has(['one']);
  reading.reader.pause();
  client.write(frame(OPCODE.text, 'two'));
  await vi.waitFor(() => expect(socket.readableLength).toBeGreaterThan(0));
  expect(reading.got).toEqual(['one']);
  reading.reader.resume();
  await reading.has(['one', 'two']);
});

test('dropped input is not buffered, and later input is dropped, too', async () => {
  const { socket, client } = await plain();
  const reading = new Reading(socket);
  reading.reader.pause();
  client.write(frame(OPCODE.text, 'one'));
  await vi.waitFor(() => expect(reading.reader.hasBufferedInput).toBe(true));
  reading.reader.drop();
  reading.reader.resume();
  client.end(Buffer.alloc(1 << 20));
  socket.end();
  await once(socket, 'close');
  expect(reading.got).toEqual([]);
  expect(reading.reader.bufferedBytes).toBe(0);
});
