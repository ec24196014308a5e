// A WebSocket from the crowd to the relay, straight or through the fault proxy.

import { connect } from 'node:net';
import { WebSocket } from 'ws';

/** @typedef {import('./crowd.js').Crowd} Crowd */

/** Longer than the proxy stalls. */
const HANDSHAKE_TIMEOUT = 40_000;

/** A sender waits when it has this many bytes buffered. */
const MAX_AHEAD = 2 * 1024 * 1024;

/**
 * @typedef {object} LinkEvents
 * @property {() => void} open
 * @property {(data: Buffer, text: boolean) => void} message
 * @property {(code: number) => void} closed
 */

export class Link {
  isOpen = false;
  wasOpen = false;
  isClosed = false;
  line;
  #socket;
  #crowd;
  /** How often its relay was stopped before this connection. */
  #stopsBefore;
  /** @type {import('./fault-proxy.js').ProxiedConnection | undefined} */
  #proxied;

  /**
   * @param {Crowd} crowd
   * @param {string} path
   * @param {LinkEvents} events
   */
  constructor(crowd, path, events) {
    this.#crowd = crowd;
    this.line = crowd.random.pick(crowd.lines);
    const { node, port, proxy } = this.line;
    this.#stopsBefore = node?.stops ?? 0;
    const tcp = connect({ port, host: '127.0.0.1', noDelay: true });
    const socket = new WebSocket(`ws://127.0.0.1:${port}${path}`, {
      createConnection: () => tcp,
      perMessageDeflate: false,
      handshakeTimeout: HANDSHAKE_TIMEOUT,
      maxPayload: 0,
      skipUTF8Validation: false,
    });
    socket.on('error', () => {});
    socket.on('open', () => {
      this.isOpen = true;
      this.wasOpen = true;
      this.#proxied = tcp.localPort === undefined ? undefined : proxy?.connection(tcp.localPort);
      events.open();
    });
    socket.on('message', (data, binary) => {
      events.message(/** @type {Buffer} */ (data), !binary);
    });
    socket.on('close', (code) => {
      this.isClosed = true;
      this.isOpen = false;
      events.closed(code);
    });
    this.#socket = socket;
  }

  /** Whether no fault of the connection excuses a loss. */
  get isFaultless() {
    if (this.line.proxy === undefined) return true;
    return this.#proxied !== undefined && !this.#proxied.broken && !this.#proxied.tooSlow;
  }

  /**
   * Whether the relay may have a reason to end it. After many refusals, it may also refuse a
   * connection without a close frame.
   */
  get mayBeCut() {
    return !this.wasOpen || !this.isFaultless || this.#isSlow;
  }

  get #isSlow() {
    if (this.line.node?.wasStopped) return true;
    return this.#proxied !== undefined && (this.#proxied.isSlow || this.#crowd.isLate);
  }

  /** Whether its relay may have closed it because it was about to end. */
  get mayBeRestarting() {
    const { node } = this.line;
    return node !== undefined && (node.wasStopped || node.stops > this.#stopsBefore);
  }

  get isBusy() {
    return this.#socket.bufferedAmount > MAX_AHEAD;
  }

  /**
   * When the relay saw this connection end.
   *
   * @param {number} ended when this side did
   */
  relaySideEnded(ended) {
    return this.#proxied?.relaySideEnded ?? ended;
  }

  /**
   * @param {string | Uint8Array} data
   * @param {boolean} [text]
   */
  send(data, text = typeof data === 'string') {
    this.#socket.send(data, { binary: !text });
  }

  close() {
    this.isOpen = false;
    this.#socket.close(1000);
  }

  cut() {
    this.#socket.terminate();
  }
}
