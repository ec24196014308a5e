// A client that reconnects after every disconnect, as a game's client would.

import { WebSocket } from 'ws';

/** The longest time without a message before a connection counts as dead, in milliseconds. */
const DEAD_AFTER = 3_000;

/** The time between attempts, in milliseconds: it doubles with every attempt, within these limits. */
const RETRY = { first: 50, most: 1_000 };

/** Closes after which a client must not reconnect. None of them may occur here. */
const FINAL = new Set([
  1000, 1001, 1002, 1003, 1007, 1008, 1009, 4000, 4003, 4004, 4007, 4009, 4010, 4029,
]);

/**
 * "Replaced" would be final, too, but here no other client uses the seat. An earlier attempt to connect
 * that was abandoned may reach the relay after the next one, because the proxy stalls connections.
 */
const REPLACED = 4001;

/**
 * @typedef {object} ReturningSetup
 * @property {() => number} port where to connect to; called for each attempt
 * @property {() => string} path the path to connect to; called for each attempt
 * @property {import('./random.js').Random} random
 * @property {() => void} open
 * @property {(text: string) => void} text
 * @property {(code: number) => void} closed
 * @property {(reason: string) => void} violation
 */

export class Returning {
  /** How often it was replaced by a late attempt of its own. */
  replaced = 0;
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
    const socket = new WebSocket(`ws://127.0.0.1:${port()}${path()}`, { perMessageDeflate: false });
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

  /** Closes a connection without messages. To be called regularly. */
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

  /** Leaves it to the relay to close the connection. */
  finish() {
    this.#stopped = true;
    clearTimeout(this.#timer);
  }

  /** @param {number} code */
  #gone(code) {
    this.#socket = undefined;
    if (this.#stopped) return;
    this.#setup.closed(code);
    if (code === REPLACED) this.replaced++;
    if (FINAL.has(code)) return this.#setup.violation(`closed with ${code}`);
    const wait = this.#retry * (0.5 + this.#setup.random.float());
    this.#retry = Math.min(RETRY.most, this.#retry * 2);
    this.#timer = setTimeout(() => this.connect(), wait);
  }
}
