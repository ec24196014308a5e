// A client that comes back whenever its connection is gone, as a game's would.

import { WebSocket } from 'ws';

/** Silence after which a line is taken for dead, in milliseconds: there is always something said. */
const DEAD_AFTER = 3_000;

/** Between attempts, in milliseconds: from that, doubled every time, up to that. */
const RETRY = { first: 50, most: 1_000 };

/** Closes that say not to come back; none of them must happen to anybody here. */
const FINAL = new Set([
  1000, 1001, 1002, 1003, 1007, 1008, 1009, 4000, 4003, 4004, 4007, 4009, 4010, 4029,
]);

/**
 * "Replaced" should be final, too: somebody else has the seat. But nobody else is here. An attempt
 * that was given up has reached the relay after all, and later than the one that was made instead;
 * the proxy's stalls see to that.
 */
const REPLACED = 4001;

/**
 * @typedef {object} ReturningSetup
 * @property {number} port
 * @property {() => string} path where to connect to, asked for each attempt
 * @property {import('./random.js').Random} random
 * @property {() => void} open
 * @property {(text: string) => void} text
 * @property {(code: number) => void} closed
 * @property {(reason: string) => void} violation
 */

export class Returning {
  /** How often it was replaced by an attempt of its own that was late. */
  overtaken = 0;
  #setup;
  /** @type {WebSocket | undefined} */
  #socket;
  #retry = RETRY.first;
  #heardAt = 0;
  #stopped = false;
  /** @type {NodeJS.Timeout | undefined} */
  #timer;

  /** @param {ReturningSetup} setup */
  constructor(setup) {
    this.#setup = setup;
  }

  connect() {
    const { port, path, open, text } = this.#setup;
    const socket = new WebSocket(`ws://127.0.0.1:${port}${path()}`, { perMessageDeflate: false });
    this.#socket = socket;
    this.#heardAt = performance.now();
    socket.on('error', () => {});
    socket.on('open', () => {
      if (this.#socket === socket) open();
    });
    socket.on('message', (data) => {
      if (this.#socket !== socket) return;
      this.#heardAt = performance.now();
      this.#retry = RETRY.first;
      text(String(data));
    });
    socket.on('close', (code) => {
      if (this.#socket === socket) this.#gone(code);
    });
  }

  /** @param {string} text */
  send(text) {
    if (this.#socket?.readyState === WebSocket.OPEN) this.#socket.send(text);
  }

  /** To be called now and then. A line on which nothing is heard is given up. */
  check() {
    if (this.#socket === undefined || performance.now() - this.#heardAt < DEAD_AFTER) return;
    const socket = this.#socket;
    this.#gone(1006);
    socket.terminate();
  }

  stop() {
    this.#stopped = true;
    clearTimeout(this.#timer);
    this.#socket?.terminate();
  }

  /** @param {number} code */
  #gone(code) {
    this.#socket = undefined;
    if (this.#stopped) return;
    this.#setup.closed(code);
    if (code === REPLACED) this.overtaken++;
    if (FINAL.has(code)) return this.#setup.violation(`closed with ${code}`);
    const wait = this.#retry * (0.5 + this.#setup.random.float());
    this.#retry = Math.min(RETRY.most, this.#retry * 2);
    this.#timer = setTimeout(() => this.connect(), wait);
  }
}
