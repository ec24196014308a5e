// A room whose host and players come back whenever they are cut off, and who verify that each is
// who it was, and that everything comes in order and only once.

import { randomBytes } from 'node:crypto';
import { Random } from './random.js';
import { Returning } from './returning.js';

/** How often the host and each player say something, in milliseconds. */
const TALK_EVERY = 500;

/**
 * @typedef {object} PartySetup
 * @property {number} port
 * @property {number} seed
 * @property {number} number of this party
 * @property {number} players
 * @property {(code: number) => void} closed
 * @property {(reason: string) => void} violation
 */

/** @typedef {{ players: number[]; away: number[] }} State as the host is told */

export class Party {
  /** How often everybody has been asked to show that it is back; 0 at first. */
  round = 0;
  verified = { toHost: 0, toPlayers: 0 };
  missed = 0;
  /** @type {number | undefined} when the host was back in this round, by `performance.now()` */
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

  /** From now on it counts who is back. */
  newRound() {
    this.round++;
    this.hostBackAt = undefined;
    for (const guest of this.guests) guest.backAt = undefined;
  }

  /** How often anybody was replaced by an attempt of its own that was late. */
  get overtaken() {
    return this.guests.reduce((sum, guest) => sum + guest.overtaken, this.#host.overtaken);
  }

  /** Whether all are back in the seats that they had. */
  get isBack() {
    return this.hostBackAt !== undefined && this.guests.every(({ backAt }) => backAt !== undefined);
  }

  /** Whether the host has been told that all are here, and nobody else. */
  get isWhole() {
    const ids = this.guests.map(({ id }) => id).sort((a = 0, b = 0) => a - b);
    return this.#state.away.length === 0 && String(this.#state.players) === String(ids);
  }

  check() {
    this.#host.check();
    for (const guest of this.guests) guest.check();
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
        return this.#heard(event.from, event.data);
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
      this.#violation('the room has another code or token now');
    }
    this.hostBackAt ??= performance.now();
  }

  /**
   * @param {number} from
   * @param {string} text
   */
  #heard(from, text) {
    const [what, at, count, round] = text.split(' ');
    const guest = this.guests[Number(at)];
    if (guest === undefined) return this.#violation(`player ${from} says ${text}`);
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
 * @property {number} port
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
  #said = 0;
  #hostHeard = 0;
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
      open: () => this.#say('hello'),
      text: (text) => this.#text(text),
    });
  }

  get overtaken() {
    return this.#link.overtaken;
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

  /** What was under way when the host was cut off is lost: it says hello until it is welcome. */
  talk() {
    this.#say(this.backAt === undefined ? 'hello' : 'talk');
  }

  /**
   * The host has heard it, as this player.
   *
   * @param {number} id
   * @param {number} count
   */
  heardAs(id, count) {
    this.id ??= id;
    if (id !== this.id) this.#violation(`was player ${this.id} and is ${id}`);
    if (count <= this.#hostHeard) this.#violation(`${count} comes after ${this.#hostHeard}`);
    this.#hostHeard = count;
  }

  /** @param {string} what */
  #say(what) {
    this.#link.send(`${what} ${this.#at} ${++this.#said} ${this.#party.round}`);
  }

  /** @param {string} text */
  #text(text) {
    const [what, number, round] = text.split(' ');
    this.#party.verified.toPlayers++;
    if (what === 'tick') {
      if (Number(number) <= this.#tick) this.#violation(`${text} comes after ${this.#tick}`);
      this.#tick = Number(number);
    } else if (Number(number) !== this.id) {
      this.#violation(`is player ${this.id} and hears ${text}`);
    } else if (Number(round) === this.#party.round) {
      this.backAt ??= performance.now();
    }
  }
}
