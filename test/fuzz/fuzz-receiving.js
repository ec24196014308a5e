// A thread that compares the relay's receiving side with a server of `ws`. It sends the same frames
// to both over real sockets with and without TLS, split into different chunks and paused at
// different times. Both must receive the same messages in the same order, and close with the same
// code.

import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createServer } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { connect as connectTls } from 'node:tls';
import { parentPort, workerData } from 'node:worker_threads';
import { WebSocketServer } from 'ws';
import { FlushCycle } from '../../dist/transport/flush-cycle.js';
import { Handshakes } from '../../dist/transport/handshake.js';
import { ServerWebSocket } from '../../dist/transport/server-web-socket.js';
import { Random } from '../soak/random.js';
import { frameStream } from './frame-stream.js';

const MAX_MESSAGE = 100_000;
/** How long a stream may take, in milliseconds, on a machine that is busy. */
const MAX_TIME = 10_000;
/** The number of connections at a time, each with its counterpart. */
const AT_ONCE = 4;
/** One in so many events pauses the reader. */
const PAUSE_EVERY = 20;

const port = /** @type {import('node:worker_threads').MessagePort} */ (parentPort);
const { seed, seconds } = workerData;
const started = performance.now();
const end = started + seconds * 1000;

/** @typedef {{ events: string[]; gone: Promise<void>; pause(): void; resume(): void }} Reading */

/** What a side has received, in a short form, and when it is closed. */
class Received {
  /** @type {string[]} */
  events = [];
  /** @type {() => void} */
  end = () => {};
  gone = new Promise((/** @type {(value?: unknown) => void} */ resolve) => {
    this.end = resolve;
  });

  /** @param {{ pause(): void; resume(): void }} reader @param {Random} random */
  constructor(reader, random) {
    this.reader = reader;
    this.random = random;
    this.isPaused = false;
  }

  /** @param {string} kind @param {Uint8Array} bytes */
  add(kind, bytes) {
    const digest = createHash('sha1').update(bytes).digest('hex').slice(0, 12);
    this.events.push(`${kind} ${bytes.length} ${digest}`);
    if (!this.isPaused && this.random.int(0, PAUSE_EVERY) === 0) this.#pauseForAMoment();
  }

  #pauseForAMoment() {
    this.isPaused = true;
    this.reader.pause();
    const resume = () => {
      this.isPaused = false;
      this.reader.resume();
    };
    if (this.random.int(0, 2) === 0) setImmediate(resume);
    else setTimeout(resume, this.random.int(0, 4));
  }
}

/** @type {Map<string, { random: Random; made(received: Received): void }>} */
const expected = new Map();

/** @param {import('node:http').IncomingMessage} request */
function expectedFor(request) {
  const { pathname } = new URL(request.url ?? '', 'http://localhost');
  return /** @type {NonNullable<ReturnType<typeof expected.get>>} */ (expected.get(pathname));
}

const handshakes = new Handshakes();
const cycle = new FlushCycle();
/** @type {(...args: [any, any, Buffer]) => void} */
function acceptOurs(request, socket, head) {
  const { random, made } = expectedFor(request);
  handshakes.complete(request, socket, () => {
    const bounds = { maxMessage: MAX_MESSAGE, closeTimeout: MAX_TIME };
    const webSocket = new ServerWebSocket(socket, bounds, cycle);
    const received = new Received(webSocket, random);
    webSocket.owner = {
      chunk() {},
      received: (bytes, isBinary) => received.add(isBinary ? 'binary' : 'text', bytes),
      pinged: (bytes) => received.add('ping', bytes),
      ponged: (bytes) => received.add('pong', bytes),
      parsed() {},
      closing: () => true,
      gone: () => received.end(),
    };
    made(received);
    webSocket.readHead(head);
  });
}

const theirs = new WebSocketServer({
  noServer: true,
  clientTracking: false,
  perMessageDeflate: false,
  maxPayload: MAX_MESSAGE,
  maxFragments: 16 * 1024,
  autoPong: false,
});
/** @type {(...args: [any, any, Buffer]) => void} */
function acceptTheirs(request, socket, head) {
  const { random, made } = expectedFor(request);
  theirs.handleUpgrade(request, socket, head, (webSocket) => {
    const received = new Received(webSocket, random);
    webSocket
      .on('message', (/** @type {Buffer} */ bytes, isBinary) =>
        received.add(isBinary ? 'binary' : 'text', bytes),
      )
      .on('ping', (bytes) => received.add('ping', bytes))
      .on('pong', (bytes) => received.add('pong', bytes))
      .on('close', () => received.end())
      .on('error', () => {});
    made(received);
  });
}

const certificate = makeCertificate();
const servers = [];
for (const accept of [acceptOurs, acceptTheirs]) {
  servers.push(await listen(createServer(), accept));
  if (certificate !== undefined) servers.push(await listen(createTlsServer(certificate), accept));
}
const kinds = servers.length / 2;

let streams = 0;
let frames = 0;
const outcomes = new Set();
/** @type {string | undefined} */
let reason;
await Promise.all(Array.from({ length: AT_ONCE }, compareStreams));
if (reason === undefined) {
  const name = certificate === undefined ? 'receiving' : 'receiving, half of it by TLS';
  const took = (performance.now() - started) / 1000;
  const counts = [{ name, inputs: streams, seconds: took, outcomes: outcomes.size }];
  const note = `received as by ws: ${frames} frames, without a difference`;
  port.postMessage({ event: 'done', counts, note });
} else {
  port.postMessage({ event: 'failure', reason, inputs: [] });
}

async function compareStreams() {
  while (performance.now() < end && reason === undefined) {
    const number = streams++;
    const stream = frameStream(new Random(seed, number), MAX_MESSAGE);
    const kind = number % kinds;
    const [ours, other] = await Promise.all([
      receive(stream, kind, number, 0),
      receive(stream, kinds + kind, number, 1),
    ]);
    port.postMessage({ event: 'alive' });
    frames += stream.frames;
    outcomes.add(ours.at(-1));
    const at = ours.findIndex((event, index) => event !== other[index]);
    if (at !== -1 || ours.length !== other.length) {
      const index = at === -1 ? ours.length : at;
      reason ??= `--seed ${seed}, stream ${number}, event ${index}: here ${ours[index]}, by ws ${other[index]}`;
    }
  }
}

/**
 * Sends a stream to one side, and returns its events and the close frame that it answers with.
 *
 * @param {ReturnType<typeof frameStream>} stream
 * @param {number} which
 * @param {number} number
 * @param {number} side
 * @returns {Promise<string[]>}
 */
async function receive({ bytes, isCut }, which, number, side) {
  const random = new Random(seed, number, 1 + side);
  const path = `/${number}/${side}`;
  /** @type {Promise<Received>} */
  const accepted = new Promise((made) => expected.set(path, { random, made }));
  const options = { port: servers[which], host: '127.0.0.1', rejectUnauthorized: false };
  const socket = which % kinds === 1 ? connectTls(options) : connect(options);
  socket.setNoDelay(true);
  socket.on('error', () => {});
  const answer = closeFrame(socket);
  socket.write(
    `GET ${path} HTTP/1.1\r\nHost: localhost\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n` +
      'Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n',
  );
  await writeInPieces(socket, bytes, random);
  if (isCut) socket.end();
  const received = await accepted;
  expected.delete(path);
  const tooLong = setTimeout(() => {
    received.events.push('takes too long');
    received.end();
    socket.destroy();
  }, MAX_TIME);
  const code = await answer;
  await received.gone;
  clearTimeout(tooLong);
  socket.destroy();
  return [...received.events, `close ${code}`];
}

/** @param {import('node:net').Socket} socket @param {Buffer} bytes @param {Random} random */
async function writeInPieces(socket, bytes, random) {
  let at = 0;
  while (at < bytes.length && !socket.destroyed) {
    // From single bytes to the whole stream, but not so many single bytes that it takes too long.
    const least = Math.max(1, bytes.length >> 9);
    const next = at + Math.ceil(random.magnitude(least, Math.max(least + 1, bytes.length)));
    socket.write(bytes.subarray(at, next));
    at = next;
    if (random.int(0, 3) === 0) await new Promise((resolve) => setImmediate(resolve));
  }
}

/**
 * The code of the close frame, which is the only frame that these servers send.
 *
 * @param {import('node:net').Socket} socket
 */
async function closeFrame(socket) {
  let received = Buffer.alloc(0);
  socket.on('data', (chunk) => {
    received = Buffer.concat([received, chunk]);
    const head = received.indexOf('\r\n\r\n') + 4;
    if (head > 3 && received.length >= head + 2) socket.end();
  });
  await once(socket, 'close').catch(() => {});
  const frame = received.subarray(received.indexOf('\r\n\r\n') + 4);
  if (frame.length < 2) return 'none';
  return frame.length < 4 ? 'without a code' : frame.readUInt16BE(2);
}

/** @param {import('node:http').Server} server @param {(...args: [any, any, Buffer]) => void} accept */
async function listen(server, accept) {
  server.on('upgrade', accept);
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return /** @type {import('node:net').AddressInfo} */ (server.address()).port;
}

/** With OpenSSL's command; without it, TLS is left out. */
function makeCertificate() {
  const folder = mkdtempSync(join(tmpdir(), 'lobby-relay-'));
  const [key, cert] = [join(folder, 'key'), join(folder, 'cert')];
  const request = 'req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2';
  try {
    const files = ['-subj', '/CN=localhost', '-keyout', key, '-out', cert];
    execFileSync('openssl', [...request.split(' '), ...files], { stdio: 'ignore' });
    return { key: readFileSync(key), cert: readFileSync(cert) };
  } catch {
    return undefined;
  } finally {
    rmSync(folder, { recursive: true });
  }
}
