import { setTimeout as sleep } from 'node:timers/promises';
import { WebSocket } from 'ws';
import { createRoom, joinRoom } from '../../dist/client/index.js';
import { Hearing } from './hearing.js';

/** How often the end of something is looked for, in milliseconds. */
const LOOK_EVERY = 2;

/** Longer than any measurement. */
const HOLD = 300;

/** A host and players of the SDK, all of whom count aloud, so that every message is verified. */
export class Game {
  #players = [];
  #room;
  #said = 0;
  #timer;
  #isOver = false;
  /** What has ended, and what the SDK reports as lost. */
  faults = [];

  /**
   * @param {object} options
   * @param {string} options.host the URL for the host
   * @param {string[]} options.players the URLs for the players
   * @param {number} options.interval how often everybody says something, in milliseconds
   */
  static async start({ host, players, interval }) {
    const game = new Game();
    const room = await createRoom(host, { ...environment(), hold: HOLD });
    game.#room = room;
    room.on('message', (player, data) => game.#hostHears(player, `${data}`));
    room.on('close', ({ code }) => game.#fault(`the host is closed: ${code}`));
    room.on('gap', (player, count) => game.#fault(`${count} messages of ${player.id} are lost`));
    room.on('lost', (player, count) => game.#fault(`${count} messages to ${player.id} are lost`));
    for (const [at, url] of players.entries()) {
      game.#add(at, await joinRoom(url, room.code, environment()));
    }
    // Not all games at the same moment.
    await sleep(Math.random() * interval);
    game.#timer = setInterval(() => game.#say(), interval);
    return game;
  }

  /** How often everybody has said something. */
  get said() {
    return this.#said;
  }

  get hostIsOpen() {
    return this.#room.status === 'open';
  }

  /** Seats with a connection. */
  get openSeats() {
    return this.#players.filter(({ seat }) => seat.status === 'open').length;
  }

  /** Whether everybody has heard everybody up to this number. */
  hasHeard(number) {
    return this.#hearings.every(({ last }) => last >= number);
  }

  /** Resolves when the host is disconnected, and then when it has its room again. */
  async hostReturns() {
    while (this.hostIsOpen) await once(this.#room, 'status');
    while (!this.hostIsOpen) await once(this.#room, 'status');
  }

  /** Resolves when everybody has heard everybody up to this number; `false` if that takes too long. */
  async whenHeard(number, milliseconds) {
    const end = performance.now() + milliseconds;
    while (!this.hasHeard(number)) {
      if (performance.now() > end) return false;
      await sleep(LOOK_EVERY);
    }
    return true;
  }

  /** Says nothing more. */
  quieten() {
    clearInterval(this.#timer);
  }

  /** The longest time that a listener has heard nothing of a speaker, since the last call. */
  takeLongestGap() {
    const longest = Math.max(...this.#hearings.map(({ longestGap }) => longestGap));
    for (const hearing of this.#hearings) hearing.longestGap = 0;
    return longest;
  }

  /** How many messages have arrived, and what is wrong. */
  get counts() {
    const sum = (of) => this.#hearings.reduce((total, hearing) => total + of(hearing), 0);
    return {
      heard: sum(({ heard }) => heard),
      lost: sum((hearing) => hearing.lost(this.#said)),
      doubled: sum(({ doubled }) => doubled),
      reordered: sum(({ reordered }) => reordered),
      newSeats: this.#players.filter(({ ids }) => ids.size > 1).length,
    };
  }

  async stop() {
    this.quieten();
    this.#isOver = true;
    await this.#room.stop();
    for (const { seat } of this.#players) seat.leave();
  }

  get #hearings() {
    return this.#players.flatMap(({ up, down }) => [up, down]);
  }

  #add(at, seat) {
    const player = { seat, up: new Hearing(), down: new Hearing(), ids: new Set() };
    seat.on('message', (data) => player.down.take(Number(data)));
    seat.on('close', ({ code }) => this.#fault(`player ${at} is closed: ${code}`));
    this.#players[at] = player;
  }

  #say() {
    this.#said++;
    this.#room.send(`${this.#said}`);
    for (const [at, { seat }] of this.#players.entries()) seat.send(`${at} ${this.#said}`);
  }

  #hostHears({ id }, message) {
    const [at, number] = message.split(' ').map(Number);
    this.#players[at].ids.add(id);
    this.#players[at].up.take(number);
  }

  #fault(what) {
    if (!this.#isOver) this.faults.push(what);
  }
}

let addresses = 0;

/** A page with an address of its own, as behind a proxy. */
function environment() {
  const number = ++addresses;
  const address = `10.${process.pid % 256}.${number >> 8}.${number % 256}`;
  class PageSocket extends WebSocket {
    constructor(url) {
      super(url, { headers: { 'x-forwarded-for': address } });
    }
  }
  return { WebSocket: PageSocket, storage: null };
}

function once(room, event) {
  return new Promise((resolve) => room.once(event, resolve));
}
