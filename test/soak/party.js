// A room whose host and players reconnect after every disconnect. They verify that each has its
// seat, and that all messages arrive in order and only once.

import { randomBytes } from 'node:crypto';
import { Random } from './random.js';
import { Returning } from './returning.js';

/** How often the host and each player send a message, in milliseconds. */
const TALK_EVERY = 500;

/**
 * @typedef {object} PartySetup
 * @property {() => number} port where to connect to; called for each attempt
 * @property {number} seed
 * @property {number} number of this party
 * @property {number} players
 * @property {(code: number) => void} closed
 * @property {(reason: string) => void} violation
 */

/** @typedef {{ players: number[]; away: number[] }} State in the events for the host */

export class Party {
  /** The number of restarts after which all had to reconnect; 0 at first. */
  round = 0;
  verified = { toHost: 0, toPlayers: 0 };
  missed = 0;
  /** @type {number | undefined} when the host reconnected in this round, by `performance.now()` */
  hostBackAt;
  /** @type {Guest[]} */
  guests;
  /** @type {State} */
  #state = { players: [], away: [] };
  #code = '';
  #token = '';
  #ticks = 0;
  #host;
  #violation;
  /** @type {NodeJS.Timeout} */
  #talk;

  /** @param {PartySetup} setup */
  constructor({ port, seed, number, players, closed, violation }) {
    this.#violation = (/** @type {string} */ what) => violation(`party ${number}: ${what}`);
    const shared = { port, closed };
    this.#host = new Returning({
      ...shared,
      random: new Random(seed, number, 0),
      path: () => `/CREATE?format=json${this.#code && `&room=${this.#code}&resume=${this.#token}`}`,
      open: () => {
        if (this.#code === '') this.#command({ cmd: 'prepare', max_players: players, hold: 120 });
      },
      text: (text) => this.#event(JSON.parse(text)),
      violation: (what) => this.#violation(`host: ${what}`),
    });
    this.guests = Array.from(
      { length: players },
      (_, at) =>
        new Guest({
          ...shared,
          party: this,
          at,
          random: new Random(seed, number, at + 1),
          violation: (what) => this.#violation(`guest ${at}: ${what}`),
        }),
    );
    this.#talk = setInterval(() => {
      this.#command({ cmd: 'to_str', to: [], data: `tick ${++this.#ticks}` });
      for (const guest of this.guests) guest.talk();
    }, TALK_EVERY);
    this.#host.connect();
  }

  get code() {
    return this.#code;
  }

  /** Starts a new round, in which all must reconnect. */
  newRound() {
    this.round++;
    this.hostBackAt = undefined;
    for (const guest of this.guests) guest.backAt = undefined;
  }

  /** How often a client was replaced by a late attempt of its own. */
  get replaced() {
    return this.guests.reduce((sum, guest) => sum + guest.replaced, this.#host.replaced);
  }

  /** Whether all have reconnected to their seats. */
  get isBack() {
    return this.hostBackAt !== undefined && this.guests.every(({ backAt }) => backAt !== undefined);
  }

  /** Whether the host's state lists all players as connected, and no others. */
  get isComplete() {
    const ids = this.guests.map(({ id }) => id).sort((a = 0, b = 0) => a - b);
    return this.#state.away.length === 0 && String(this.#state.players) === String(ids);
  }

  check() {
    this.#host.check();
    for (const guest of this.guests) guest.check();
  }

  /** Ends the game, and all connections. */
  end() {
    this.#command({ cmd: 'stop' });
    clearInterval(this.#talk);
    for (const guest of this.guests) guest.stop();
    this.#host.finish();
  }

  stop() {
    clearInterval(this.#talk);
    this.#host.stop();
    for (const guest of this.guests) guest.stop();
  }

  /** @param {any} event */
  #event(event) {
    switch (event.cmd) {
      case 'prepare_reply':
        return this.#prepared(event);
      case 'state':
        this.#state = event;
        return;
      case 'from_str':
        return this.#received(event.from, event.data);
      case 'player_left':
        return this.#violation(`player ${event.player} has left`);
      case 'player_back':
        this.missed += event.missed ?? 0;
        return;
      case 'error':
        return this.#violation(event.reason);
    }
  }

  /** @param {{ key: string; resume: string; resumed?: boolean }} reply */
  #prepared({ key, resume, resumed = false }) {
    if (!resumed) {
      this.#code = key;
      this.#token = resume;
      for (const guest of this.guests) guest.connect();
    } else if (key !== this.#code || resume !== this.#token) {
      this.#violation('the code or token of the room has changed');
    }
    this.hostBackAt ??= performance.now();
  }

  /**
   * @param {number} from
   * @param {string} text
   */
  #received(from, text) {
    const [what, at, count, round] = text.split(' ');
    const guest = this.guests[Number(at)];
    if (guest === undefined) return this.#violation(`player ${from} has sent ${text}`);
    guest.heardAs(from, Number(count));
    this.verified.toHost++;
    if (what !== 'hello') return;
    this.#command({ cmd: 'to_str', to: [from], data: `welcome ${from} ${round}` });
  }

  /** @param {object} command */
  #command(command) {
    this.#host.send(JSON.stringify(command));
  }
}

/**
 * @typedef {object} GuestSetup
 * @property {Party} party
 * @property {number} at
 * @property {() => number} port where to connect to; called for each attempt
 * @property {Random} random
 * @property {(code: number) => void} closed
 * @property {(reason: string) => void} violation
 */

/** One player of a party. */
class Guest {
  /** @type {number | undefined} */
  id;
  /** @type {number | undefined} when it was back in this round, by `performance.now()` */
  backAt;
  #party;
  #at;
  #sent = 0;
  #hostReceived = 0;
  #tick = 0;
  #violation;
  #link;

  /** @param {GuestSetup} setup */
  constructor({ party, at, port, random, closed, violation }) {
    this.#party = party;
    this.#at = at;
    this.#violation = violation;
    const key = randomBytes(12).toString('base64url');
    this.#link = new Returning({
      port,
      random,
      closed,
      violation,
      path: () => `/${party.code}?seat=${key}`,
      open: () => this.#send('hello'),
      text: (text) => this.#text(text),
    });
  }

  get replaced() {
    return this.#link.replaced;
  }

  connect() {
    this.#link.connect();
  }

  check() {
    if (this.#party.code !== '') this.#link.check();
  }

  stop() {
    this.#link.stop();
  }

  /**
   * Messages in transit when the host disconnects are lost, so the player repeats hello until it is
   * answered.
   */
  talk() {
    this.#send(this.backAt === undefined ? 'hello' : 'talk');
  }

  /**
   * The host has received a message of this player, with this id.
   *
   * @param {number} id
   * @param {number} count
   */
  heardAs(id, count) {
    this.id ??= id;
    if (id !== this.id) this.#violation(`was player ${this.id}, and is now ${id}`);
    if (count <= this.#hostReceived) this.#violation(`${count} comes after ${this.#hostReceived}`);
    this.#hostReceived = count;
  }

  /** @param {string} what */
  #send(what) {
    this.#link.send(`${what} ${this.#at} ${++this.#sent} ${this.#party.round}`);
  }

  /** @param {string} text */
  #text(text) {
    const [what, number, round] = text.split(' ');
    this.#party.verified.toPlayers++;
    if (what === 'tick') {
      if (Number(number) <= this.#tick) this.#violation(`${text} comes after ${this.#tick}`);
      this.#tick = Number(number);
    } else if (Number(number) !== this.id) {
      this.#violation(`is player ${this.id} and got ${text}`);
    } else if (Number(round) === this.#party.round) {
      this.backAt ??= performance.now();
    }
  }
}
