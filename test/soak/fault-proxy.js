// A TCP proxy between clients and the relay that simulates network faults. The seed and the
// connection's number determine its faults and their times.

import { once } from 'node:events';
import { connect, createServer } from 'node:net';
import { Random } from './random.js';

/** @typedef {import('node:net').Socket} Socket */
/** @typedef {'delay' | 'stall' | 'trickle' | 'cut' | 'half-open'} Fault */
/** @typedef {'client' | 'relay'} Side */

const LOOPBACK = '127.0.0.1';

/** How many bytes are buffered per direction before TCP slows down the sender. */
const MAX_BUFFERED = 256 * 1024;

/** The constant latency of half of all connections, in milliseconds. */
const LATENCY = { min: 1, end: 60 };
const JITTER = { min: 0, end: 40 };

/** The mean and the shortest time between faults of a connection, in milliseconds. */
const MEAN_INTERVAL = 15_000;
const MIN_INTERVAL = 2_000;

const WEIGHTS = { stall: 40, trickle: 30, cut: 18, 'half-open': 12 };

/** Most stalls end in time, some are longer than a relay should tolerate. */
const STALL = { min: 200, end: 10_000 };
const LONG_STALL = { min: 16_000, end: 22_000 };
const LONG_STALLS = 0.04;

/** One byte per turn of the event loop, for this many bytes or milliseconds. */
const TRICKLE = { min: 1, end: 1024 };
const TRICKLE_TIME = 2_000;

/** The connection breaks after this many more bytes, at the latest after this many milliseconds. */
const CUT_BYTES = { min: 0, end: 20_000 };
const CUT_DEADLINE = 2_000;

/** How much later the other side of a half-open connection is closed. */
const HALF_OPEN = { min: 2_000, end: 75_000 };

/** How long a close may take, in milliseconds. */
const CLOSE_TIME = 10_000;

/** How long a connection may take to deliver buffered bytes after one end has closed. */
const LINGER = 30_000;

export class FaultProxy {
  /** @type {Record<Fault, number>} */
  faults = { delay: 0, stall: 0, trickle: 0, cut: 0, 'half-open': 0 };
  connections = 0;

  #server;
  #seed;
  /** The port of the relay, for new connections. */
  relayPort;
  /** @type {Set<ProxiedConnection>} */
  #open = new Set();
  /** @type {Map<number, ProxiedConnection>} by the client's port, until another client has it */
  #byPort = new Map();
  #faultsEnded = false;

  /**
   * @param {{ relayPort: number; seed: number }} options
   */
  static async start(options) {
    const proxy = new FaultProxy(options);
    proxy.#server.listen(0, LOOPBACK);
    await once(proxy.#server, 'listening');
    return proxy;
  }

  /** @param {{ relayPort: number; seed: number }} options */
  constructor({ relayPort, seed }) {
    this.relayPort = relayPort;
    this.#seed = seed;
    const options = { allowHalfOpen: true, noDelay: true, pauseOnConnect: true };
    this.#server = createServer(options, (client) => this.#accept(client));
  }

  get port() {
    return /** @type {import('node:net').AddressInfo} */ (this.#server.address()).port;
  }

  /**
   * The connection of a client.
   *
   * @param {number} clientPort
   */
  connection(clientPort) {
    return this.#byPort.get(clientPort);
  }

  /**
   * Ends all faults: stalled connections resume, half-open ones end, buffered bytes are delivered.
   */
  endFaults() {
    this.#faultsEnded = true;
    for (const connection of [...this.#open]) connection.endFaults();
  }

  /** Breaks all connections. May be called twice. */
  close() {
    this.#server.close();
    for (const connection of [...this.#open]) connection.end();
  }

  /** @param {Socket} client */
  #accept(client) {
    const { remotePort } = client;
    if (remotePort === undefined) return void client.destroy();
    const relay = connect({ port: this.relayPort, host: LOOPBACK, allowHalfOpen: true });
    relay.setNoDelay(true);
    const random = new Random(this.#seed, this.connections++);
    const connection = new ProxiedConnection(client, relay, random, {
      fault: (fault) => void this.faults[fault]++,
      ended: () => {
        this.#open.delete(connection);
        if (this.#byPort.get(remotePort) === connection) this.#byPort.delete(remotePort);
      },
    });
    this.#open.add(connection);
    this.#byPort.set(remotePort, connection);
    if (!this.#faultsEnded) connection.startFaults();
  }
}

/**
 * @typedef {object} ConnectionEvents
 * @property {(fault: Fault) => void} fault
 * @property {() => void} ended
 */

/** One client's connection through the proxy. */
export class ProxiedConnection {
  /** Broken or half-open: bytes in transit are lost. */
  broken = false;
  /** Was stalled for so long that the relay may have given up on it at any time. */
  tooSlow = false;
  /** When the relay saw the end of it, in milliseconds of `performance.now()`. */
  relaySideEnded = Number.POSITIVE_INFINITY;

  #random;
  #events;
  #sockets;
  #up;
  #down;
  /** @type {NodeJS.Timeout | undefined} for the next fault */
  #next;
  /** @type {NodeJS.Timeout | undefined} */
  #linger;
  #ended = false;
  #slowUntil = 0;

  /**
   * @param {Socket} client
   * @param {Socket} relay
   * @param {Random} random
   * @param {ConnectionEvents} events
   */
  constructor(client, relay, random, events) {
    this.#random = random;
    this.#events = events;
    this.#sockets = { client, relay };
    this.#up = new Pipe(client, relay);
    this.#down = new Pipe(relay, client);
    relay.once('close', () => {
      this.relaySideEnded = Math.min(this.relaySideEnded, performance.now());
    });
    for (const socket of [client, relay]) {
      // A 'close' follows, which counts.
      socket.on('error', () => {});
      socket.once('close', () => this.#closed());
    }
  }

  /** Whether it is or was stalled, so that the relay may have terminated it instead of closing it. */
  get isSlow() {
    return performance.now() < this.#slowUntil;
  }

  /** Starts faults on this connection. */
  startFaults() {
    const random = this.#random;
    if (random.chance(0.5)) {
      this.#events.fault('delay');
      for (const pipe of [this.#up, this.#down]) {
        pipe.slowDown(
          random,
          random.int(LATENCY.min, LATENCY.end),
          random.int(JITTER.min, JITTER.end),
        );
      }
    }
    this.#scheduleFault(0);
  }

  endFaults() {
    clearTimeout(this.#next);
    if (this.broken) return this.end();
    this.#up.hurry();
    this.#down.hurry();
  }

  /** Ends both sides. Bytes that are not forwarded are lost. */
  end({ reset = false } = {}) {
    if (this.#ended) return;
    this.#ended = true;
    clearTimeout(this.#next);
    clearTimeout(this.#linger);
    this.#up.stop();
    this.#down.stop();
    this.relaySideEnded = Math.min(this.relaySideEnded, performance.now());
    for (const socket of Object.values(this.#sockets)) {
      if (reset) socket.resetAndDestroy();
      else socket.destroy();
    }
    this.#events.ended();
  }

  /** @param {number} after when the previous fault ends, in milliseconds */
  #scheduleFault(after) {
    const interval = MIN_INTERVAL + this.#random.interval(MEAN_INTERVAL - MIN_INTERVAL);
    this.#next = setTimeout(() => this.#fault(), after + interval);
  }

  #fault() {
    const random = this.#random;
    const kind = random.weighted(WEIGHTS);
    const pipe = random.chance(0.5) ? this.#up : this.#down;
    this.#events.fault(kind);
    switch (kind) {
      case 'stall':
        return this.#stall(pipe);
      case 'trickle':
        pipe.trickle(random.int(TRICKLE.min, TRICKLE.end));
        return this.#scheduleFault(TRICKLE_TIME);
      case 'cut':
        return this.#cutSoon(pipe);
      default:
        return this.#halfOpen();
    }
  }

  /** @param {Pipe} pipe */
  #stall(pipe) {
    const random = this.#random;
    const isLong = random.chance(LONG_STALLS);
    const { min, end } = isLong ? LONG_STALL : STALL;
    const duration = random.magnitude(min, end);
    if (isLong) this.tooSlow = true;
    this.#slowUntil = performance.now() + duration + CLOSE_TIME;
    pipe.stall(duration);
    this.#scheduleFault(duration);
  }

  /** @param {Pipe} pipe */
  #cutSoon(pipe) {
    const reset = this.#random.chance(0.5);
    const cut = () => {
      this.broken = true;
      this.end({ reset });
    };
    pipe.stopAfter(this.#random.int(CUT_BYTES.min, CUT_BYTES.end), cut);
    this.#next = setTimeout(cut, CUT_DEADLINE);
  }

  /** Stops forwarding. One side is closed now, the other much later. */
  #halfOpen() {
    this.broken = true;
    this.#up.stop();
    this.#down.stop();
    const notified = this.#random.chance(0.5) ? 'client' : 'relay';
    if (notified === 'relay') this.relaySideEnded = performance.now();
    this.#sockets[notified].destroy();
    this.#next = setTimeout(() => this.end(), this.#random.magnitude(HALF_OPEN.min, HALF_OPEN.end));
  }

  #closed() {
    const { client, relay } = this.#sockets;
    if (client.destroyed && relay.destroyed) return this.end();
    if (this.broken) return;
    this.#linger ??= setTimeout(() => {
      this.broken = true;
      this.end();
    }, LINGER);
  }
}

/** @typedef {{ bytes: Buffer; due: number }} Held what was read, and when it is to be written */

/** One direction of a connection. Order is always kept. */
class Pipe {
  #from;
  #to;
  /** @type {Held[]} */
  #held = [];
  #heldBytes = 0;
  #sourceEnded = false;
  #lastDue = 0;
  #delay = () => 0;
  #stalledUntil = 0;
  #oneByOne = 0;
  #oneByOneUntil = 0;
  #left = Number.POSITIVE_INFINITY;
  #onStop = () => {};
  #full = false;
  #stopped = false;
  /** @type {NodeJS.Timeout | undefined} */
  #timer;
  /** @type {NodeJS.Immediate | undefined} */
  #turn;

  /**
   * @param {Socket} from
   * @param {Socket} to
   */
  constructor(from, to) {
    this.#from = from;
    this.#to = to;
    from.on('data', (bytes) => this.#read(/** @type {Buffer} */ (bytes)));
    from.once('end', () => this.#endSource());
    from.once('close', () => this.#endSource());
    to.on('drain', () => {
      this.#full = false;
      this.#forward();
    });
    from.resume();
  }

  /**
   * @param {Random} random
   * @param {number} latency
   * @param {number} jitter
   */
  slowDown(random, latency, jitter) {
    this.#delay = () => latency + jitter * random.float();
  }

  /** @param {number} duration */
  stall(duration) {
    this.#stalledUntil = performance.now() + duration;
  }

  /** @param {number} bytes the next so many are written one at a time */
  trickle(bytes) {
    this.#oneByOne = bytes;
    this.#oneByOneUntil = performance.now() + TRICKLE_TIME;
  }

  /**
   * @param {number} bytes
   * @param {() => void} then
   */
  stopAfter(bytes, then) {
    this.#left = bytes;
    this.#onStop = then;
  }

  /** Ends delays and stalls. */
  hurry() {
    this.#delay = () => 0;
    this.#stalledUntil = 0;
    this.#oneByOne = 0;
    this.#left = Number.POSITIVE_INFINITY;
    for (const held of this.#held) held.due = 0;
    this.#lastDue = 0;
    this.#forward();
  }

  /** Stops reading and writing. */
  stop() {
    this.#stopped = true;
    this.#from.pause();
    this.#held = [];
    clearTimeout(this.#timer);
    clearImmediate(this.#turn);
  }

  #endSource() {
    this.#sourceEnded = true;
    this.#forward();
  }

  /** @param {Buffer} bytes */
  #read(bytes) {
    if (this.#stopped || this.#to.destroyed) return;
    this.#lastDue = Math.max(this.#lastDue, performance.now() + this.#delay());
    this.#held.push({ bytes, due: this.#lastDue });
    this.#heldBytes += bytes.length;
    if (this.#heldBytes >= MAX_BUFFERED) this.#from.pause();
    this.#forward();
  }

  #forward() {
    clearTimeout(this.#timer);
    clearImmediate(this.#turn);
    for (;;) {
      if (this.#stopped || this.#full || this.#to.destroyed) return;
      const [first] = this.#held;
      if (first === undefined) break;
      const wait = Math.max(first.due, this.#stalledUntil) - performance.now();
      if (wait > 0) {
        this.#timer = setTimeout(() => this.#forward(), wait);
        return;
      }
      const isTrickle = this.#oneByOne > 0 && performance.now() < this.#oneByOneUntil;
      this.#write(first, isTrickle ? 1 : first.bytes.length);
      if (isTrickle) {
        this.#oneByOne--;
        this.#turn = setImmediate(() => this.#forward());
        return;
      }
    }
    if (this.#sourceEnded) this.#to.end();
  }

  /**
   * @param {Held} first
   * @param {number} wanted
   */
  #write(first, wanted) {
    const count = Math.min(wanted, this.#left);
    if (count > 0) this.#full = !this.#to.write(first.bytes.subarray(0, count));
    this.#left -= count;
    if (this.#left === 0) return this.#onStop();
    if (count === first.bytes.length) this.#held.shift();
    else first.bytes = first.bytes.subarray(count);
    this.#heldBytes -= count;
    if (this.#heldBytes < MAX_BUFFERED / 2) this.#from.resume();
  }
}
