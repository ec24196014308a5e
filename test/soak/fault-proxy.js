// A TCP proxy between clients and the relay that does to connections what networks do. Which
// faults a connection meets, and when, is decided by the seed and by the connection's number.

import { once } from 'node:events';
import { connect, createServer } from 'node:net';
import { Random } from './random.js';

/** @typedef {import('node:net').Socket} Socket */
/** @typedef {'delay' | 'stall' | 'trickle' | 'cut' | 'half-open'} Fault */
/** @typedef {'client' | 'relay'} Side */

const LOOPBACK = '127.0.0.1';

/** Read ahead of what was forwarded, per direction: beyond it TCP holds the sender back. */
const MAX_HELD = 256 * 1024;

/** Half of all connections are that slow all the time, in milliseconds. */
const LATENCY = { min: 1, end: 60 };
const JITTER = { min: 0, end: 40 };

/** Between a connection's faults, in milliseconds: on average, and at least. */
const MEAN_PEACE = 15_000;
const MIN_PEACE = 2_000;

const WEIGHTS = { stall: 40, trickle: 30, cut: 18, 'half-open': 12 };

/** Most stalls are waited out, some are longer than a relay should put up with. */
const STALL = { min: 200, end: 10_000 };
const LONG_STALL = { min: 16_000, end: 22_000 };
const LONG_STALLS = 0.04;

/** One byte a turn of the event loop, for so many bytes, or so many milliseconds. */
const TRICKLE = { min: 1, end: 1024 };
const TRICKLE_TIME = 2_000;

/** A cut comes after so many bytes more, at the latest after so many milliseconds. */
const CUT_BYTES = { min: 0, end: 20_000 };
const CUT_DEADLINE = 2_000;

/** How much later than the side that learns of it, the other side of a half-open line is cut. */
const HALF_OPEN = { min: 2_000, end: 75_000 };

/** Within this a close is over, however it ends, in milliseconds. */
const CLOSE_TIME = 10_000;

/** How long a line may take to deliver what it still has when one of its ends has closed. */
const LINGER = 30_000;

export class FaultProxy {
  /** @type {Record<Fault, number>} */
  faults = { delay: 0, stall: 0, trickle: 0, cut: 0, 'half-open': 0 };
  connections = 0;

  #server;
  #seed;
  #relayPort;
  /** @type {Set<Line>} */
  #lines = new Set();
  /** @type {Map<number, Line>} by the port that the client has, until another one has it */
  #byPort = new Map();
  #calm = false;

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
    this.#relayPort = relayPort;
    this.#seed = seed;
    const options = { allowHalfOpen: true, noDelay: true, pauseOnConnect: true };
    this.#server = createServer(options, (client) => this.#accept(client));
  }

  get port() {
    return /** @type {import('node:net').AddressInfo} */ (this.#server.address()).port;
  }

  /**
   * The line of a client that is connected.
   *
   * @param {number} clientPort
   */
  line(clientPort) {
    return this.#byPort.get(clientPort);
  }

  /** No more faults: stalled lines go on, half-open ones end, what is held is delivered. */
  calm() {
    this.#calm = true;
    for (const line of [...this.#lines]) line.calm();
  }

  /** Cuts all lines. Closing twice is harmless. */
  close() {
    this.#server.close();
    for (const line of [...this.#lines]) line.end();
  }

  /** @param {Socket} client */
  #accept(client) {
    const { remotePort } = client;
    if (remotePort === undefined) return void client.destroy();
    const relay = connect({ port: this.#relayPort, host: LOOPBACK, allowHalfOpen: true });
    relay.setNoDelay(true);
    const random = new Random(this.#seed, this.connections++);
    const line = new Line(client, relay, random, {
      fault: (fault) => void this.faults[fault]++,
      ended: () => {
        this.#lines.delete(line);
        if (this.#byPort.get(remotePort) === line) this.#byPort.delete(remotePort);
      },
    });
    this.#lines.add(line);
    this.#byPort.set(remotePort, line);
    if (!this.#calm) line.trouble();
  }
}

/**
 * @typedef {object} LineEvents
 * @property {(fault: Fault) => void} fault
 * @property {() => void} ended
 */

/** One client's connection through the proxy. */
export class Line {
  /** Cut or half-open: what was under way is lost. */
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
  /** @type {NodeJS.Timeout | undefined} what happens next to this line */
  #next;
  /** @type {NodeJS.Timeout | undefined} */
  #linger;
  #ended = false;
  #slowUntil = 0;

  /**
   * @param {Socket} client
   * @param {Socket} relay
   * @param {Random} random
   * @param {LineEvents} events
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

  /** Is or was stalled so that a relay that was about to close it may have cut it instead. */
  get isSlow() {
    return performance.now() < this.#slowUntil;
  }

  /** From now on this line has faults. */
  trouble() {
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

  calm() {
    clearTimeout(this.#next);
    if (this.broken) return this.end();
    this.#up.hurry();
    this.#down.hurry();
  }

  /** Ends both sides; what was not yet forwarded is lost. */
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

  /** @param {number} after when the fault before is over, in milliseconds */
  #scheduleFault(after) {
    const peace = MIN_PEACE + this.#random.interval(MEAN_PEACE - MIN_PEACE);
    this.#next = setTimeout(() => this.#fault(), after + peace);
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

  /** Nothing passes any more; one side is told so, the other only much later. */
  #halfOpen() {
    this.broken = true;
    this.#up.stop();
    this.#down.stop();
    const told = this.#random.chance(0.5) ? 'client' : 'relay';
    if (told === 'relay') this.relaySideEnded = performance.now();
    this.#sockets[told].destroy();
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

/** One direction of a line. Order is always kept. */
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

  /** Reads and writes nothing any more. */
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
    if (this.#heldBytes >= MAX_HELD) this.#from.pause();
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
    if (this.#heldBytes < MAX_HELD / 2) this.#from.resume();
  }
}
