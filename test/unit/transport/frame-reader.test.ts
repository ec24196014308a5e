import { Buffer } from 'node:buffer';
import { once } from 'node:events';
import { IncomingMessage } from 'node:http';
import { type AddressInfo, connect, createServer, Socket } from 'node:net';
import { Duplex } from 'node:stream';
import fc from 'fast-check';
import { describe, expect, onTestFinished, test, vi } from 'vitest';
import { WebSocketServer } from 'ws';
import { FlushCycle } from '../../../src/transport/flush-cycle.js';
import { type ChunkListener, FrameReader } from '../../../src/transport/frame-reader.js';
import { OrderedWebSocket } from '../../../src/transport/ordered-web-socket.js';
import { text } from '../../support/arbitraries.js';
import { hex } from '../../support/hex.js';
import { frame, OPCODE } from '../../support/raw-client.js';

const { binary, close, continuation, ping, pong } = OPCODE;

/** A second try, with other streams, would hide what the first one has found. */
const ONCE = { retry: 0, timeout: 60_000 };

const MAX_PAYLOAD = 100_000;

/** A WebSocket without a network: bytes in, and a list of what becomes of them. */
class Probe {
  readonly log: string[] = [];
  readonly webSocket: OrderedWebSocket;
  readonly socket = new Duplex({
    read() {},
    write: (bytes: Buffer, _, done) => {
      this.log.push(`writes ${bytes.toString('hex')}`);
      done();
    },
    final: (done) => {
      this.log.push('ends');
      done();
    },
  });

  constructor({ fast }: { fast: boolean }) {
    const socket = this.socket as Socket;
    this.webSocket = upgraded(socket);
    if (fast) this.webSocket.readShortMessages(socket, new FlushCycle());
    this.webSocket.owner = {
      received: (bytes, isBinary) => this.#got(isBinary ? 'bytes' : 'text', bytes),
      pinged: (bytes) => this.#got('ping', bytes),
      ponged: (bytes) => this.#got('pong', bytes),
      closing: (code) => this.log.push(`closes ${code}`) > 0,
      gone: () => this.log.push('gone'),
    };
    this.log.length = 0;
  }

  #got(what: string, bytes: Buffer): void {
    this.log.push(`${what} ${bytes.toString('hex')}`);
  }

  /** @param pausedFor how many of the last chunks come while it is not read, and then at once */
  async feed(chunks: readonly Buffer[], pausedFor = 0, isCutOff = false): Promise<string[]> {
    for (const [at, chunk] of chunks.entries()) {
      if (at === chunks.length - pausedFor) this.webSocket.pause();
      // The memory of a chunk is for whoever reads it.
      this.socket.push(Buffer.from(chunk));
      await turn();
    }
    if (isCutOff) this.socket.destroy();
    else if (pausedFor > 0) this.webSocket.resume();
    await turn();
    await turn();
    this.log.push(`flows: ${this.socket.readableFlowing}`);
    return this.log;
  }
}

const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

/** The WebSocket that `ws` makes of this socket. */
function upgraded(socket: Socket): OrderedWebSocket {
  const server = new WebSocketServer({
    noServer: true,
    clientTracking: false,
    WebSocket: OrderedWebSocket,
    maxPayload: MAX_PAYLOAD,
    autoPong: false,
    maxBufferedChunks: 8,
  });
  let webSocket: unknown;
  server.handleUpgrade(handshake(), socket, Buffer.alloc(0), (accepted) => {
    webSocket = accepted;
  });
  return webSocket as OrderedWebSocket;
}

function handshake(): IncomingMessage {
  const request = new IncomingMessage(new Socket());
  const headers = { connection: 'Upgrade', upgrade: 'websocket', 'sec-websocket-version': '13' };
  const key = { 'sec-websocket-key': 'AAAAAAAAAAAAAAAAAAAAAA==' };
  return Object.assign(request, { method: 'GET', headers: { ...headers, ...key } });
}

/** Lengths around all borders: of what is short, of how a length is written, of what is allowed. */
const length = fc.oneof(
  { weight: 4, arbitrary: fc.nat(80) },
  fc.constantFrom(125, 126, 127, 511, 512, 513, 1000, 65_535, 65_536, MAX_PAYLOAD, MAX_PAYLOAD + 1),
);
const key = fc.array(fc.nat(255), { minLength: 4, maxLength: 4 });
const bytes = length.map((count) => Uint8Array.from({ length: count }, (_, at) => at * 7));
const string = fc.oneof(text(), text(60), length.map('x'.repeat.bind('x')));
const options = fc.record({ key });

const whole = fc.oneof(
  { weight: 3, arbitrary: fc.tuple(string, options).map(([s, o]) => frame(OPCODE.text, s, o)) },
  { weight: 3, arbitrary: fc.tuple(bytes, options).map(([b, o]) => frame(binary, b, o)) },
);
const control = fc
  .tuple(fc.constantFrom(ping, pong), fc.string({ maxLength: 60 }), options)
  .map(([opcode, what, o]) => frame(opcode, what, o));
const fragments = fc
  .tuple(fc.array(bytes, { minLength: 2, maxLength: 4 }), control)
  .map(([parts, between]) =>
    Buffer.concat(
      parts.flatMap((part, at) => [
        frame(at === 0 ? binary : continuation, part, { fin: at === parts.length - 1 }),
        at === 0 ? between : Buffer.alloc(0),
      ]),
    ),
  );

/** What no client sends: mostly an error, and some of it only unusual. */
const odd = fc.oneof(
  fc.tuple(bytes, options).map(([b, o]) => frame(OPCODE.text, b, o)),
  fc
    .tuple(fc.nat(15), fc.boolean(), fc.boolean(), fc.nat(7), fc.nat(200))
    .map(([opcode, fin, masked, reserved, count]) =>
      frame(opcode, 'y'.repeat(count), { fin, masked, reserved }),
    ),
  fc.uint8Array({ maxLength: 20 }).map((noise) => Buffer.from(noise)),
  fc.constantFrom(1000, 1001, 3000, 1006, 99).map((code) => frame(close, word(code))),
  fc.constantFrom(
    frame(close),
    frame(OPCODE.text, 'abc', { masked: false }),
    frame(binary, 'abc', { reserved: 4 }),
    frame(binary, '', { declared: 2 ** 40 }),
    // Lengths that are longer than they need to be.
    hex('81fe0003 00000000 616263'),
    hex('82ff0000000000000003 00000000 616263'),
    hex('82ffffffffffffffffff 00000000 616263'),
  ),
);

function word(value: number): Buffer {
  const two = Buffer.alloc(2);
  two.writeUInt16BE(value);
  return two;
}

const stream = fc
  .array(
    fc.oneof(
      { weight: 12, arbitrary: whole },
      { weight: 3, arbitrary: control },
      { weight: 1, arbitrary: fragments },
      { weight: 1, arbitrary: odd },
    ),
    { maxLength: 12 },
  )
  .map((frames) => Buffer.concat(frames));

/** In pieces of these lengths, over and over. */
function cut(all: Buffer, lengths: readonly number[]): Buffer[] {
  const chunks: Buffer[] = [];
  for (let at = 0, i = 0; at < all.length; i++) {
    const end = at + (lengths[i % lengths.length] as number);
    chunks.push(all.subarray(at, end));
    at = end;
  }
  return chunks;
}

/** Short pieces only where there is little: otherwise there are too many. */
const pieces = stream.chain((all) => {
  const least = Math.max(1, all.length >> 8);
  const some = fc.integer({ min: least, max: least + 90 });
  const most = fc.integer({ min: least, max: Math.max(least, all.length) });
  return fc
    .array(fc.oneof(some, most), { minLength: 1, maxLength: 9 })
    .map((lengths) => cut(all, lengths));
});

describe('whatever comes, in whatever pieces', () => {
  test('the same becomes of it as when ws reads everything', ONCE, async () => {
    const seen = new Set<string>();
    await fc.assert(
      fc.asyncProperty(pieces, fc.nat(4), fc.boolean(), async (chunks, pausedFor, isCutOff) => {
        const expected = await new Probe({ fast: false }).feed(chunks, pausedFor, isCutOff);
        const actual = await new Probe({ fast: true }).feed(chunks, pausedFor, isCutOff);
        for (const line of expected) seen.add(line.startsWith('closes') ? line : '');
        expect(actual).toEqual(expected);
      }),
      { numRuns: 1500 },
    );
    // And it was not all the same.
    const codes = [1000, 1002, 1005, 1007, 1008, 1009];
    expect([...seen].sort()).toEqual(expect.arrayContaining(codes.map((code) => `closes ${code}`)));
  });
});

test('text that is no UTF-8 stays what it was', async () => {
  // Unmasked once too often, it would be two letters.
  const wrong = frame(OPCODE.text, Uint8Array.of(0xc3, 0x28), { key: [0x80, 0x40, 0, 0] });
  const [first] = await new Probe({ fast: true }).feed([wrong]);
  expect(first).toBe('closes 1007');
});

describe('what a socket delivers', () => {
  const owner = (log: string[]) => ({
    emitted: 0,
    emit: (_: 'message', bytes: Buffer) => log.push(String(bytes)),
  });
  const watch = (log: string[]) => ({
    beginChunk: () => void log.push('<'),
    endChunk: () => void log.push('>'),
  });

  test('is read before its stream has it, unless that holds something back', async () => {
    const server = createServer().listen(0, '127.0.0.1');
    await once(server, 'listening');
    const client = connect((server.address() as AddressInfo).port, '127.0.0.1');
    const [socket] = (await once(server, 'connection')) as [Socket];
    onTestFinished(() => {
      client.destroy();
      server.close();
    });
    const webSocket = upgraded(socket);
    webSocket.readShortMessages(socket, watch([]));
    const got: string[] = [];
    webSocket.owner = {
      received: (bytes) => void got.push(String(bytes)),
      pinged() {},
      ponged() {},
      closing: () => true,
      gone() {},
    };
    const sent: string[] = [];
    const send = (...messages: string[]): void => {
      sent.push(...messages);
      for (const message of messages) client.write(frame(OPCODE.text, message));
    };
    const all = (): Promise<void> => expect.poll(() => got).toEqual(sent);
    const emit = vi.spyOn(socket, 'emit');
    const byStream = () => emit.mock.calls.filter(([event]) => String(event) === 'data').length;

    send('one');
    await all();
    send('two');
    await all();
    expect(byStream()).toBe(0);

    webSocket.pause();
    send('three');
    await expect.poll(() => socket.readableLength).toBeGreaterThan(0);
    expect(got).toEqual(['one', 'two']);
    webSocket.resume();
    await all();
    send('four');
    await all();
    expect(byStream()).toBe(1);

    // So much that the socket itself is not read for a while.
    webSocket.pause();
    send(...Array.from({ length: 1000 }, (_, at) => String(at).padEnd(500, '.')));
    const full = socket.readableHighWaterMark;
    await expect.poll(() => socket.readableLength).toBeGreaterThanOrEqual(full);
    webSocket.resume();
    await all();
  });

  test('is read after what its stream still holds', async () => {
    const { socket } = new Probe({ fast: false });
    const log: string[] = [];
    new FrameReader(socket as Socket, owner(log), () => {}, watch([]));
    socket.pause();
    socket.push(frame(OPCODE.text, 'one'));
    socket.resume();
    socket.push(frame(OPCODE.text, 'two'));
    await turn();
    expect(log).toEqual(['one', 'two']);
  });

  test('has an end, even if what it is read by throws', () => {
    const { socket } = new Probe({ fast: false });
    const log: string[] = [];
    const fails = {
      emitted: 0,
      emit: () => {
        throw new Error('on purpose');
      },
    };
    new FrameReader(socket as Socket, fails, () => {}, watch(log));
    expect(() => socket.push(frame(OPCODE.text, 'one'))).toThrow('on purpose');
    expect(log).toEqual(['<', '>']);
  });
});

describe('which messages ws does not get to see', () => {
  /** How much `ws` reads of these chunks. */
  async function readByWs(...chunks: Buffer[]): Promise<string> {
    const { webSocket, socket } = new Probe({ fast: false });
    const read: Buffer[] = [];
    const [listener] = socket.listeners('data') as ChunkListener[];
    socket.removeAllListeners('data').on('data', function (this: Socket, bytes) {
      read.push(bytes);
      listener?.call(this, bytes);
    });
    webSocket.readShortMessages(socket as Socket, new FlushCycle());
    for (const chunk of chunks) socket.push(chunk);
    await turn();
    return Buffer.concat(read).toString('hex');
  }

  const short = frame(OPCODE.text, 'short');
  const long = frame(binary, Buffer.alloc(513));
  const pinged = frame(ping, 'are you there?');

  test.each([
    ['short ones', [short, Buffer.concat([short, short]), frame(binary, Buffer.alloc(512))], []],
    ['short ones after a ping', [short, pinged, short], [pinged]],
    ['short ones around long ones', [Buffer.concat([short, long, long, short])], [long, long]],
    ['short ones after one in pieces', [...cut(short, [1]), short], [short]],
    ['short ones after a long one in pieces', [...cut(long, [1, 1, 1, 600]), short], [long]],
  ])('%s', async (_, chunks, expected) => {
    expect(await readByWs(...chunks)).toBe(Buffer.concat(expected).toString('hex'));
  });

  test('none after the first fragment', async () => {
    const first = frame(binary, 'a', { fin: false });
    const last = frame(continuation, 'b');
    const all = [short, Buffer.concat([short, first, pinged]), last, short];
    const expected = Buffer.concat([first, pinged, last, short]);
    expect(await readByWs(...all)).toBe(expected.toString('hex'));
  });

  test('none once nobody listens any more', async () => {
    const { webSocket, socket, log } = new Probe({ fast: true });
    if (webSocket.owner) webSocket.owner.received = () => webSocket.dropInput(socket as Socket);
    socket.push(Buffer.concat([short, frame(close)]));
    await turn();
    expect(socket.listenerCount('data')).toBe(0);
    expect(log).toEqual([]);
  });

  test('none where somebody else listens as well', async () => {
    const probe = new Probe({ fast: false });
    probe.socket.on('data', () => {});
    const before = probe.socket.listeners('data');
    probe.webSocket.readShortMessages(probe.socket as Socket, new FlushCycle());
    expect(probe.socket.listeners('data')).toEqual(before);
  });
});
