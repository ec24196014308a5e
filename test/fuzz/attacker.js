// One TCP connection that sends the relay invalid input, and then disconnects in one of several
// ways.

import { Buffer } from 'node:buffer';
import { once } from 'node:events';
import { connect } from 'node:net';
import { setTimeout } from 'node:timers/promises';

/** @typedef {import('../soak/random.js').Random} Random */

/** How long to wait for an answer, in milliseconds: often there is none. */
const ANSWER_TIME = 3;
/** How long the relay may take to close its side of an ended connection, in milliseconds. */
const END_TIME = 5_000;
const HANDSHAKE_TIME = 5_000;

const MAX_INPUTS = 20;
const MAX_PIECES = 4;

const OPCODES = { continuation: 0, text: 1, binary: 2, close: 8, ping: 9, pong: 10 };

/**
 * @typedef {object} Kind
 * @property {string} name its folder in the corpus
 * @property {string} [path] the path of the handshake that precedes the input; without one, the input is
 * the handshake
 * @property {readonly (string | Uint8Array)[]} tokens
 */

const FRAME_TOKENS = [
  ...'8180 8280 8880 8980 8a80 0180 0280 0080 8000 c180 9180 f280 8380 8b80 7fff'
    .split(' ')
    .map(fromHex),
  ...['81fe0000', '82feffff', '82ff0000000000000001', '82ffffffffffffffffff'].map(fromHex),
  ...['00000000', '888200000000', '03e8', '03ed', 'ffff', 'eda080', 'f0908080'].map(fromHex),
];

/** @type {readonly Kind[]} */
export const KINDS = [
  {
    name: 'handshake',
    tokens: [
      '\r\n',
      '\r\n\r\n',
      ': ',
      ' HTTP/1.1',
      'GET ',
      'POST ',
      '/signaling',
      '/CREATE',
      '/CODE',
      'Upgrade',
      'websocket',
      'Connection: Upgrade\r\n',
      'Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n',
      'Sec-WebSocket-Version: 13\r\n',
      'Sec-WebSocket-Extensions: permessage-deflate\r\n',
      'Sec-WebSocket-Protocol: ',
      'Content-Length: 5\r\n',
      'Transfer-Encoding: chunked\r\n',
      'Expect: 100-continue\r\n',
      'Origin: null\r\n',
      'X-Forwarded-For: 1.2.3.4\r\n',
      '\0',
    ],
  },
  {
    name: 'host-frames',
    path: '/CREATE',
    tokens: [...FRAME_TOKENS, fromHex('a163636d646573746f70'), '{"cmd":"start"}'],
  },
  { name: 'player-frames', path: '/CODE', tokens: FRAME_TOKENS },
];

export class Attacker {
  #socket;
  #code;
  #random;
  #received = Buffer.alloc(0);

  /** @param {{ port: number; code: string; random: Random }} options */
  constructor({ port, code, random }) {
    this.#code = code;
    this.#random = random;
    this.#socket = connect({ port, host: '127.0.0.1', noDelay: true });
    this.#socket.on('error', () => {});
    this.#socket.on('data', (bytes) => {
      if (this.#received.length < 1024) this.#received = Buffer.concat([this.#received, bytes]);
    });
  }

  /**
   * @param {Kind} kind
   * @param {() => Buffer} next
   * @returns {Promise<{ reason?: string; learnt: { input: Buffer; outcome: string }[] }>}
   */
  async attack({ path }, next) {
    /** @type {{ input: Buffer; outcome: string }[]} */
    const learnt = [];
    if (path !== undefined && !(await this.#shakeHands(path.replace('CODE', this.#code)))) {
      return { reason: `no handshake: ${this.#received.toString('latin1')}`, learnt };
    }
    const inputs = path === undefined ? 1 : this.#random.int(1, MAX_INPUTS);
    for (let i = 0; i < inputs && this.#socket.writable; i++) {
      const input = next();
      this.#received = Buffer.alloc(0);
      await this.#send(path === undefined ? this.#withCode(input) : this.#asFrames(input));
      learnt.push({ input, outcome: this.#outcome(path) });
    }
    return { ...(await this.#leave()), learnt };
  }

  /** @param {string} path */
  async #shakeHands(path) {
    this.#socket.write(
      `GET ${path} HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n` +
        'Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n',
    );
    const signal = AbortSignal.timeout(HANDSHAKE_TIME);
    while (!this.#received.includes('\r\n\r\n')) {
      await once(this.#socket, 'data', { signal }).catch(() => {});
      if (signal.aborted || this.#socket.destroyed) return false;
    }
    return this.#received.toString('latin1').startsWith('HTTP/1.1 101');
  }

  /** @param {Buffer} input */
  #withCode(input) {
    return Buffer.from(input.toString('latin1').replace('/CODE', `/${this.#code}`), 'latin1');
  }

  /**
   * As it is, or as the content of proper frames.
   *
   * @param {Buffer} input
   */
  #asFrames(input) {
    const random = this.#random;
    if (random.chance(0.7)) return input;
    const pieces = this.#cut(input);
    const opcode = random.pick([OPCODES.text, OPCODES.binary, OPCODES.binary]);
    return Buffer.concat(
      pieces.flatMap((piece, i) => {
        const isLast = i === pieces.length - 1;
        const part = frame(i === 0 ? opcode : OPCODES.continuation, piece, isLast);
        return isLast || random.chance(0.7)
          ? [part]
          : [part, frame(OPCODES.ping, piece.subarray(0, 125))];
      }),
    );
  }

  /** @param {Buffer} bytes */
  #cut(bytes) {
    const pieces = [];
    let rest = bytes;
    for (let left = this.#random.int(1, MAX_PIECES + 1); left > 1; left--) {
      const at = this.#random.int(0, rest.length + 1);
      pieces.push(rest.subarray(0, at));
      rest = rest.subarray(at);
    }
    return [...pieces, rest];
  }

  /** @param {Buffer} bytes */
  async #send(bytes) {
    const pieces = this.#random.chance(0.2) ? this.#cut(bytes) : [bytes];
    for (const piece of pieces) {
      if (!this.#socket.writable) return;
      this.#socket.write(piece);
      const signal = AbortSignal.timeout(ANSWER_TIME);
      await once(this.#socket, 'data', { signal }).catch(() => {});
    }
  }

  /** @param {string | undefined} path */
  #outcome(path) {
    const bytes = this.#received;
    if (path === undefined) return bytes.toString('latin1', 0, 12);
    // The opcode of the first frame, and the code of an error or a close.
    return `${bytes[0]} ${bytes.toString('latin1').match(/code.\w+|state|prepare_reply|\x88..\w*/)?.[0]}`;
  }

  async #leave() {
    const socket = this.#socket;
    if (socket.destroyed) return {};
    const closed = once(socket, 'close');
    if (this.#random.chance(0.5)) {
      socket.resetAndDestroy();
      await closed;
      return {};
    }
    socket.end();
    const overdue = setTimeout(END_TIME, 'overdue', { ref: false });
    if ((await Promise.race([closed, overdue])) !== 'overdue') return {};
    socket.destroy();
    return { reason: 'the relay does not close its side of a connection that has ended' };
  }
}

/**
 * A frame as a client sends it (RFC 6455 section 5.2), masked with zeros.
 *
 * @param {number} opcode
 * @param {Uint8Array} content
 */
function frame(opcode, content, isLast = true) {
  const { length } = content;
  const head = Buffer.alloc(14);
  head[0] = (isLast ? 0x80 : 0) | opcode;
  let size = 2;
  if (length < 126) head[1] = 0x80 | length;
  else if (length < 0x10000) {
    head[1] = 0x80 | 126;
    size = head.writeUInt16BE(length, 2);
  } else {
    head[1] = 0x80 | 127;
    size = head.writeBigUInt64BE(BigInt(length), 2);
  }
  return Buffer.concat([head.subarray(0, size + 4), content]);
}

/** @param {string} hex */
function fromHex(hex) {
  return Buffer.from(hex, 'hex');
}
