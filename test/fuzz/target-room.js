// The room that players attack. Its host reads all events, as a game would.

import { once } from 'node:events';
import { decode, encode } from 'cborg';
import { WebSocket } from 'ws';

/** More than the number of attackers at a time. */
const MAX_PLAYERS = 1000;

export class TargetRoom {
  code = '';
  #ids = new Set();
  #socket;
  #violation;
  #closing = false;

  /**
   * @param {number} port
   * @param {(reason: string) => void} violation
   */
  static async open(port, violation) {
    const room = new TargetRoom(port, violation);
    await once(room.#socket, 'open');
    room.#socket.send(encode({ cmd: 'prepare', max_players: MAX_PLAYERS }));
    while (room.code === '') await once(room.#socket, 'message');
    return room;
  }

  /**
   * @param {number} port
   * @param {(reason: string) => void} violation
   */
  constructor(port, violation) {
    this.#violation = violation;
    this.#socket = new WebSocket(`ws://127.0.0.1:${port}/CREATE?bytes=1`);
    this.#socket.on('message', (data) => {
      try {
        this.#event(decode(/** @type {Buffer} */ (data), { strict: true }));
      } catch (error) {
        violation(`the attacked room's host cannot read: ${error}`);
      }
    });
    this.#socket.on('close', (code) => {
      if (!this.#closing) violation(`the attacked room's host was closed with ${code}`);
    });
  }

  get players() {
    return this.#ids.size;
  }

  close() {
    this.#closing = true;
    this.#socket.close();
  }

  /** @param {any} event */
  #event(event) {
    switch (event.cmd) {
      case 'prepare_reply':
        this.code = event.key;
        return;
      case 'player_joined':
        if (this.#ids.has(event.player)) this.#violation(`player ${event.player} joined twice`);
        this.#ids.add(event.player);
        return;
      case 'player_left':
        if (!this.#ids.delete(event.player)) this.#violation(`player ${event.player} left twice`);
        return;
      case 'from':
      case 'from_str': {
        const kind = event.cmd === 'from' ? event.data instanceof Uint8Array : isText(event.data);
        if (!this.#ids.has(event.from) || !kind) this.#violation(`the attacked host got ${event}`);
        return;
      }
      case 'state':
        return;
      default:
        this.#violation(`the attacked host got ${JSON.stringify(event)}`);
    }
  }
}

/** @param {unknown} data */
function isText(data) {
  return typeof data === 'string';
}
