import { Buffer } from 'node:buffer';
import { connect } from 'node:net';
import { FrameReader } from './frame-reader.js';
import { Region } from './region.js';

const CLOSE = 0x8;
const PING = 0x9;
const PONG = 0xa;

const KEY = 'dGhlIHNhbXBsZSBub25jZQ==';
const ACCEPT = 's3pPLMBiTxaQ9kYGzzhZRbK+xOo=';

/** All sockets read into this memory; it is handled before the next socket is read. */
const INCOMING = new Region(256 * 1024);

/**
 * One WebSocket of the generator, on a raw socket. Its *actor*, a host or player, is called after the
 * handshake, for every message, and at the end of a turn to write what it sends.
 */
export class Client {
  scheduled = false;
  #context;
  #actor;
  #socket;
  #reader = new FrameReader(this);
  #response = '';
  #open = false;
  #pong;

  /**
   * @param {object} context shared by all clients
   * @param {string} context.host
   * @param {number} context.port
   * @param {import('./turn.js').Turn} context.turn
   * @param {import('./tally.js').Tally} context.tally
   * @param {import('./frame-writer.js').FrameWriter} context.writer
   * @param {object} actor
   * @param {string} path
   */
  constructor(context, actor, path) {
    this.#context = context;
    this.#actor = actor;
    const { host, port } = context;
    const onread = { buffer: INCOMING.bytes, callback: (length) => this.#read(length) };
    this.#socket = connect({ host, port, noDelay: true, onread });
    this.#socket.on('connect', () => this.#socket.write(upgradeRequest(path)));
    this.#socket.on('error', ({ message }) => this.#fail(message));
    this.#socket.on('close', () => this.#fail('the connection has ended'));
  }

  /** Calls the actor at the end of the turn to write what it sends. */
  schedule() {
    this.#context.turn.schedule(this);
  }

  flush() {
    const { writer } = this.#context;
    if (this.#pong !== undefined) writer.other(PONG, this.#pong);
    this.#pong = undefined;
    this.#actor.fill(writer);
    if (writer.length === 0) return;
    this.#socket.write(writer.take());
    writer.taken(this.#socket.writableLength === 0);
  }

  /** Ends without a close frame, and resets the connection so that the kernel frees it at once. */
  destroy() {
    this.#socket.removeAllListeners('close');
    this.#socket.resetAndDestroy();
  }

  /** A frame has arrived. */
  frame(opcode, region, at, length) {
    if (opcode < CLOSE) {
      this.#actor.frame(opcode, region, at, length);
    } else if (opcode === PING) {
      this.#pong = Buffer.from(region.bytes.subarray(at, at + length));
      this.schedule();
    } else if (opcode === CLOSE) {
      const code = length < 2 ? 1005 : region.view.getUint16(at);
      this.#fail(`closed with ${code} ${region.bytes.toString('utf8', at + 2, at + length)}`);
    }
  }

  #read(length) {
    this.#context.turn.activity++;
    try {
      const start = this.#open ? 0 : this.#handshake(length);
      if (start >= 0) this.#reader.read(INCOMING, start, length);
    } catch (error) {
      this.#fail(error.message);
    }
    return true;
  }

  /** Returns where the frames start; -1 if the answer is not complete yet. */
  #handshake(length) {
    const before = this.#response.length;
    this.#response += INCOMING.bytes.latin1Slice(0, length);
    const end = this.#response.indexOf('\r\n\r\n');
    if (end < 0) return -1;
    if (!this.#response.startsWith('HTTP/1.1 101 ') || !this.#response.includes(ACCEPT)) {
      throw new Error(`no upgrade: ${this.#response.slice(0, 100)}`);
    }
    this.#response = '';
    this.#open = true;
    this.#actor.opened();
    return end + 4 - before;
  }

  #fail(reason) {
    this.destroy();
    this.#context.tally.error(`${this.#actor.name}: ${reason}`);
    this.#actor.failed();
  }
}

function upgradeRequest(path) {
  return (
    `GET ${path} HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n` +
    `Sec-WebSocket-Key: ${KEY}\r\nSec-WebSocket-Version: 13\r\n\r\n`
  );
}
