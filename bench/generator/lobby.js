import { performance } from 'node:perf_hooks';
import { Player, Room } from './actors.js';
import { Client } from './client.js';

/** The most handshakes at a time. */
const IN_FLIGHT = 64;

/** While clients connect, nothing is sent. */
const NO_SCENARIO = {
  broadcasts: false,
  hostReceived() {},
  playerReceived() {},
  sentTo: () => 0,
};

/** All rooms of a run with their hosts and players. Connects them. */
export class Lobby {
  scenario = NO_SCENARIO;
  /** @type {Room[]} */
  rooms = [];
  /** @type {Player[]} */
  players = [];

  #context;
  #playerContext;
  #seated = 0;
  #joined = 0;
  #starting = [];
  #wake = () => {};

  /**
   * @param {object} parts
   * @param {object} parts.context shared by all clients; see `Client`
   * @param {object} parts.dialect the protocol of the relay
   * @param {import('./messages.js').Messages} parts.messages
   * @param {number} parts.rooms
   * @param {number} parts.players per room
   * @param {number} parts.playerPort where players connect; hosts connect to the port of the context
   */
  constructor({ context, dialect, messages, rooms, players, playerPort }) {
    this.#context = context;
    this.#playerContext = { ...context, port: playerPort };
    this.tally = context.tally;
    this.dialect = dialect;
    this.messages = messages;
    this.playersPerRoom = players;
    this.rooms = Array.from({ length: rooms }, (_, number) => new Room(this, number));
    // Not room by room: players join all rooms at the same time.
    for (let index = 0; index < players; index++) {
      for (const room of this.rooms) {
        const player = new Player(this, room, index);
        room.players.push(player);
        this.players.push(player);
      }
    }
  }

  async openHosts() {
    const { rooms, dialect } = this;
    this.#seated = 0;
    this.#start(rooms.map(({ host }) => ({ actor: host, path: () => dialect.hostPath })));
    await this.until('hosts with a room', 60, () => this.#seated === rooms.length);
  }

  /** Connects all players; returns how long it took until every host was notified, in seconds. */
  async openPlayers() {
    const { players, dialect } = this;
    this.#seated = 0;
    this.#joined = 0;
    const start = performance.now();
    this.#start(
      players.map((actor) => ({ actor, path: () => dialect.playerPath(actor.room.code) })),
    );
    await this.until(
      'players to join',
      120,
      () => this.#seated === players.length && this.#joined === players.length,
    );
    return (performance.now() - start) / 1000;
  }

  /** Sends one message from every player, from which the hosts learn their ids. */
  async greet() {
    for (const player of this.players) player.allow(1);
    await this.until('first messages', 60, () =>
      this.players.every(({ received }) => received === 1),
    );
  }

  /** Waits for a condition; throws if it takes too long or a message was wrong. */
  async until(what, seconds, holds) {
    const end = performance.now() + seconds * 1000;
    while (!holds()) {
      if (!this.tally.clean) throw new Error(`while waiting for ${what}: ${this.tally.first}`);
      if (performance.now() > end) throw new Error(`waited ${seconds} s for ${what}`);
      await this.#nextChange();
    }
  }

  /** A client has connected, so the next one can start. */
  seated() {
    this.#seated++;
    this.#startNext();
    if (this.#starting.length === 0) this.#wake();
  }

  joined() {
    this.#joined++;
    if (this.#joined === this.players.length) this.#wake();
  }

  failed() {
    this.#wake();
  }

  #start(waiting) {
    this.#starting = waiting.reverse();
    for (let i = 0; i < IN_FLIGHT; i++) this.#startNext();
  }

  #startNext() {
    const next = this.#starting.pop();
    if (next === undefined) return;
    const context = next.actor instanceof Player ? this.#playerContext : this.#context;
    next.actor.client = new Client(context, next.actor, next.path());
  }

  /** Resolves when something may have changed, and at least every 5 ms. */
  #nextChange() {
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, 5);
      this.#wake = () => {
        clearTimeout(timer);
        resolve();
      };
    });
  }
}
