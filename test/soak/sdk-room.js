// A room of the SDK with players of the SDK: each message has to arrive exactly once, whatever happens to the
// connections between them.

import { setTimeout } from 'node:timers/promises';
import { WebSocket } from 'ws';
import { createRoom, joinRoom } from '../../dist/client/index.js';

/** How often the host and each player send a message, in milliseconds. */
const TALK_EVERY = 250;

/** Longer than the relay waits for anything. */
const HOLD = 300;

/** The time between attempts to open a room or to join, in milliseconds. */
const RETRY = 500;

/**
 * @typedef {object} SdkRoomSetup
 * @property {readonly { port: number }[]} lines that of the host, and those of the players
 * @property {(reason: string) => void} violation
 */

/** @typedef {import('../../src/client/index.js').Room} Room */
/** @typedef {import('../../src/client/index.js').Seat} Seat */

export class SdkRoom {
  /** @type {Room | undefined} */
  #room;
  /** @type {SdkPlayer[]} */
  #players = [];
  #setup;
  #sent = 0;
  /** @type {NodeJS.Timeout | undefined} */
  #talk;
  #isOver = false;

  /** @param {SdkRoomSetup} setup */
  constructor(setup) {
    this.#setup = setup;
  }

  async start() {
    const { lines, violation } = this.#setup;
    const [own, ...others] = lines;
    const options = { WebSocket, storage: null };
    const room = await again(() => createRoom(urlOf(own), { ...options, hold: HOLD }));
    this.#room = room;
    room.on('close', ({ code }) => {
      if (!this.#isOver) violation(`SDK room ${room.code} has ended: ${code}`);
    });
    room.on('gap', (player, count) => this.#violation(`${count} messages from ${player.id} lost`));
    room.on('lost', (player, count) => this.#violation(`${count} messages to ${player.id} lost`));
    room.on('message', (player, data) => {
      const [at, number] = String(data).split(' ').map(Number);
      this.#players[at ?? -1]?.hostHears(player.id, number);
    });
    for (const [at, line] of others.entries()) {
      const seat = await again(() => joinRoom(urlOf(line), room.code, options));
      this.#players.push(new SdkPlayer(at, seat, room.code, this.#violation, () => this.#isOver));
    }
    this.#talk = setInterval(() => {
      room.send(`${++this.#sent}`);
      for (const player of this.#players) player.talk();
    }, TALK_EVERY);
  }

  #violation = (/** @type {string} */ reason) => {
    this.#setup.violation(`SDK room ${this.#room?.code}: ${reason}`);
  };

  /** How many messages have arrived. */
  get verified() {
    return this.#players.reduce((sum, { heard, received }) => sum + heard + received, 0);
  }

  /** Sends nothing any more. */
  settle() {
    clearInterval(this.#talk);
  }

  /** What has not arrived. */
  get underWay() {
    return this.#players
      .map((player) => player.missing(this.#sent))
      .filter((missing) => missing !== undefined)
      .map((missing) => `SDK room ${this.#room?.code}: ${missing}`)[0];
  }

  async end() {
    this.#isOver = true;
    clearInterval(this.#talk);
    for (const player of this.#players) player.leave();
    await this.#room?.stop();
  }
}

class SdkPlayer {
  /** The number of the last message from this player that the host has received. */
  heard = 0;
  /** The same in the other direction. */
  received = 0;
  #before = 0;
  #at;
  #seat;
  /** @type {number | undefined} */
  #id;
  #sent = 0;

  /**
   * @param {number} at
   * @param {Seat} seat
   * @param {string} code
   * @param {(reason: string) => void} violation
   * @param {() => boolean} isOver
   */
  constructor(at, seat, code, violation, isOver) {
    this.#at = at;
    this.#seat = seat;
    this.violation = (/** @type {string} */ reason) => violation(`player ${at}: ${reason}`);
    seat.on('message', (data) => this.#receive(Number(data)));
    seat.on('close', (error) => {
      if (!isOver()) this.violation(`has lost its seat in ${code}: ${error.code}`);
    });
  }

  talk() {
    this.#seat.send(`${this.#at} ${++this.#sent}`);
  }

  /**
   * @param {number} id
   * @param {number | undefined} number
   */
  hostHears(id, number) {
    this.#id ??= id;
    if (id !== this.#id) this.violation(`was player ${this.#id}, and is ${id}`);
    if (number !== this.heard + 1) {
      this.violation(`the host got message ${number} after ${this.heard}`);
    }
    this.heard = number ?? 0;
  }

  /** @param {number} sent by the host */
  missing(sent) {
    const up = this.#sent - this.heard;
    const down = sent - this.#before - this.received;
    return up === 0 && down === 0 ? undefined : `player ${this.#at}: ${up} from it, ${down} to it`;
  }

  leave() {
    this.#seat.leave();
  }

  /** @param {number} number */
  #receive(number) {
    const expected = this.#before + this.received + 1;
    // The first one may come after some that were sent before this player joined.
    if (this.received === 0) this.#before = number - 1;
    else if (number !== expected) this.violation(`got message ${number}, expected ${expected}`);
    this.received++;
  }
}

/** @param {{ port: number } | undefined} line */
function urlOf(line) {
  return `ws://127.0.0.1:${line?.port}`;
}

/**
 * Tries until it succeeds: the SDK does not repeat the first attempt.
 *
 * @template T
 * @param {() => Promise<T>} start
 */
async function again(start) {
  for (;;) {
    try {
      return await start();
    } catch {
      await setTimeout(RETRY);
    }
  }
}
