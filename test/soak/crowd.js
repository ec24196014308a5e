// Rooms full of players who talk, leave, are kicked, are cut off, and come again.

import { createHistogram } from 'node:perf_hooks';
import { setTimeout } from 'node:timers/promises';
import { HostSession } from './host-session.js';
import { PlayerSession } from './player-session.js';
import { Random } from './random.js';

/** @typedef {import('./fault-proxy.js').FaultProxy} FaultProxy */
/** @typedef {import('./host-session.js').Seat} Seat */

/**
 * @typedef {object} CrowdOptions
 * @property {number} port where to connect to
 * @property {FaultProxy} [proxy] what is on that port, if it is not the relay itself
 * @property {number} rooms
 * @property {number} players in each room
 * @property {number} rate messages sent a second
 * @property {number} seed
 * @property {number} firstSession sessions are counted from there
 * @property {() => number} [starved] for how long there was no processor by now, in milliseconds
 * @property {(reason: string) => void} violation
 */

/** How often messages are sent, in milliseconds. */
const TICK = 20;
/** A late tick makes up for so much time at most, in milliseconds. */
const MAX_CATCH_UP = 100;
/** A tick that comes so late has a busy machine to blame, and so has what happens soon after. */
const LATE = 300;
const AFTER_LATE = 10_000;
/** How often everybody is looked at, in milliseconds. */
const SWEEP = 1_000;
/** How many connections are opened within a tick. */
const MAX_OPENINGS = 10;

/** In bytes; a whole message, and the rare big one. */
const SIZE = { min: 16, end: 64 * 1024 };
const BIG = 1024 * 1024;
const BIG_CHANCE = 1 / 4000;
/** Small messages are what there is most of: the size's exponent is a random number to this power. */
const SMALLNESS = 2;

const TURNS = { player: 600, one: 200, some: 120, everybody: 80, leave: 1, kick: 0.5, end: 0.1 };

/** Between two questions of which the answer is timed, in milliseconds. */
const ASK_EVERY = 500;

/** Between a connection's end and the next one, in milliseconds. */
const PAUSE = { min: 200, end: 2_000 };

/** How long it may take, in milliseconds, until all has arrived, and until everybody is closed. */
const SETTLE_TIME = 6_000;
const CLOSE_TIME = 4_000;

/** For how long a session's messages can come after its end, in milliseconds. */
const REMEMBERED = 120_000;

export class Crowd {
  verified = { toHost: 0, toOne: 0, toSome: 0, toEverybody: 0 };
  connections = { hosts: 0, players: 0 };
  /** @type {Record<number, number>} how often connections ended with which code */
  closes = {};
  /** Round trips of answered questions, in microseconds. */
  roundTrips = createHistogram();
  /** The same without what was waited for a processor meanwhile. */
  ownRoundTrips = createHistogram();
  random;
  proxy;
  port;

  #options;
  /** @type {Room[]} */
  #rooms;
  /** @type {Map<number, HostSession>} */
  #hosts = new Map();
  /** @type {Map<number, PlayerSession>} */
  #players = new Map();
  #nextSession;
  #lastTick = performance.now();
  #lateAt = Number.NEGATIVE_INFINITY;
  #credit = 0;
  #openings = 0;
  #talks = false;
  /** @type {NodeJS.Timeout[]} */
  #timers = [];

  /** @param {CrowdOptions} options */
  constructor(options) {
    this.#options = options;
    this.#nextSession = options.firstSession;
    this.random = new Random(options.seed, options.firstSession);
    this.proxy = options.proxy;
    this.port = options.port;
    this.#rooms = Array.from({ length: options.rooms }, () => new Room(this, options.players));
  }

  start() {
    this.#talks = true;
    this.#lastTick = performance.now();
    this.#timers = [
      setInterval(() => this.#tick(), TICK),
      setInterval(() => this.#sweep(), SWEEP),
      setInterval(() => this.#ask(), ASK_EVERY / 10),
    ];
  }

  /** Says nothing any more, and waits until all that was said has arrived. */
  async settle() {
    this.#talks = false;
    await this.#none(() => this.#unsettled(), SETTLE_TIME, 'do not arrive');
  }

  /** Ends all games, half of them by `stop`, and waits until everybody is closed. */
  async finish() {
    for (const [i, { host }] of this.#rooms.entries()) {
      if (host === undefined || host.isOver || host.ending !== undefined) continue;
      host.end(host.playing && i % 2 === 0 ? 'stop' : 'close');
    }
    await this.#none(() => this.#unclosed(), CLOSE_TIME, 'is not closed');
    for (const timer of this.#timers) clearInterval(timer);
    for (const player of this.#players.values()) player.cut();
    for (const host of this.#hosts.values()) host.cut();
  }

  /**
   * Waits until nobody is found any more.
   *
   * @param {() => string | undefined} find
   * @param {number} time in milliseconds
   * @param {string} reason why it is a violation if that takes longer
   */
  async #none(find, time, reason) {
    const deadline = performance.now() + time;
    for (let found = find(); found !== undefined; found = find()) {
      if (performance.now() > deadline) return this.violation(`${found} ${reason}`);
      await setTimeout(50);
    }
  }

  /** Somebody to or from whom something is still under way. */
  #unsettled() {
    for (const room of this.#rooms) {
      if (room.host?.isWhole !== true || !room.host.playing) continue;
      for (const player of room.sitting()) {
        const missing = player.isWhole ? player.underWay : undefined;
        if (missing !== undefined) return `player ${player.session} in ${player.code}: ${missing}`;
      }
    }
    return undefined;
  }

  /** Somebody with a whole line who has not been closed. */
  #unclosed() {
    for (const player of this.#players.values()) {
      if (player.isWhole && !player.isOver) return `player ${player.session} in ${player.code}`;
    }
    for (const host of this.#hosts.values()) {
      if (host.isWhole && !host.isOver) return `host ${host.session} of ${host.code}`;
    }
    return undefined;
  }

  /** @param {number} session */
  host(session) {
    return this.#hosts.get(session);
  }

  /** @param {number} session */
  player(session) {
    return this.#players.get(session);
  }

  openHost() {
    const host = new HostSession(this, this.#nextSession++);
    this.#hosts.set(host.session, host);
    this.connections.hosts++;
    return host;
  }

  /** @param {HostSession} host */
  openPlayer(host) {
    const player = new PlayerSession(this, this.#nextSession++, host);
    this.#players.set(player.session, player);
    this.connections.players++;
    return player;
  }

  /** Whether one more connection may be opened now. */
  mayOpen() {
    return this.#talks && this.#openings++ < MAX_OPENINGS;
  }

  /** This process is or was so late that the relay may have lost patience with its connections. */
  get isLate() {
    return performance.now() - this.#lateAt < AFTER_LATE;
  }

  /** @param {number} code */
  count(code) {
    this.closes[code] = (this.closes[code] ?? 0) + 1;
  }

  /**
   * @param {number} milliseconds how long an answer took
   * @param {number} starved for how much of that there was no processor
   */
  answered(milliseconds, starved) {
    this.roundTrips.record(Math.max(1, Math.round(milliseconds * 1000)));
    this.ownRoundTrips.record(Math.max(1, Math.round((milliseconds - starved) * 1000)));
  }

  /** For how long there was no processor by now, in milliseconds. */
  starved() {
    return this.#options.starved?.() ?? 0;
  }

  /** The longest that somebody waits now for an answer, in milliseconds with a processor. */
  longestWait() {
    const starved = this.starved();
    let longest = 0;
    for (const player of this.#players.values()) {
      if (player.playing) longest = Math.max(longest, player.waits(starved));
    }
    return longest;
  }

  /** @param {string} reason */
  violation(reason) {
    this.#options.violation(reason);
  }

  #tick() {
    const now = performance.now();
    const isLate = now - this.#lastTick > LATE;
    const elapsed = Math.min(now - this.#lastTick, MAX_CATCH_UP);
    this.#lastTick = now;
    if (isLate) this.#lateAt = now;
    this.#openings = isLate ? MAX_OPENINGS : 0;
    if (!this.#talks) return;
    for (const room of this.#rooms) room.fill(now);
    this.#credit += (this.#options.rate * elapsed) / 1000;
    for (; this.#credit >= 1; this.#credit--) this.#turn(this.random.pick(this.#rooms));
  }

  /** @param {Room} room */
  #turn(room) {
    const { host } = room;
    const kind = this.random.weighted(TURNS);
    if (kind === 'player' || kind === 'leave') {
      const player = this.random.pick(room.chairs).session;
      if (!player?.playing) return;
      if (kind === 'leave') player.leave();
      else player.send(this.#size(), this.random.chance(0.5));
      return;
    }
    if (!host?.playing || host.isBusy) return;
    if (kind === 'everybody') return host.sendToEverybody(this.#size(), this.random.chance(0.5));
    if (kind === 'end') {
      if (this.proxy !== undefined) host.end(this.random.pick(['stop', 'close']));
      return;
    }
    const seats = [...host.seats.values()].filter(({ player, kicked }) => player && !kicked);
    if (seats.length === 0) return;
    const seat = this.random.pick(seats);
    if (kind === 'kick') host.kick(seat);
    else if (kind === 'one') host.sendToOne(seat, this.#size(), this.random.chance(0.5));
    else {
      const some = seats.filter(() => this.random.chance(0.5));
      host.sendToSome(some, this.#size(), this.random.chance(0.5));
    }
  }

  #size() {
    const { random } = this;
    // Who is never cut never waits for a big message of the own room either.
    if (this.proxy !== undefined && random.chance(BIG_CHANCE)) return BIG;
    return Math.round(SIZE.min * (SIZE.end / SIZE.min) ** (random.float() ** SMALLNESS));
  }

  /** The players without faults ask, a tenth of them at a time. */
  #ask() {
    if (!this.#talks || this.proxy !== undefined) return;
    for (const room of this.#rooms) {
      for (const { session } of room.chairs) {
        if (session?.playing && this.random.chance(0.1)) session.ask();
      }
    }
  }

  #sweep() {
    const now = performance.now();
    for (const [session, player] of this.#players) {
      if (player.isForgotten(SWEEP)) {
        this.violation(`player ${session} in ${player.code}: not told that the host is gone`);
      }
      if (now - player.endedAt > REMEMBERED) this.#players.delete(session);
    }
    for (const [session, host] of this.#hosts) {
      if (now - host.endedAt > REMEMBERED && now - host.goneSince > REMEMBERED) {
        this.#hosts.delete(session);
      }
    }
  }
}

/** A place in a room's circle, for one connection after another. */
class Chair {
  /** @type {PlayerSession | undefined} */
  session;
  pausesUntil = 0;
  /** @type {HostSession | undefined} whose room is gone, even if the host does not know yet */
  shuns;
}

/** Friends who play one game after the other. */
class Room {
  /** @type {HostSession | undefined} */
  host;
  /** @type {Chair[]} */
  chairs;
  #crowd;
  #pausesUntil = 0;

  /**
   * @param {Crowd} crowd
   * @param {number} players
   */
  constructor(crowd, players) {
    this.#crowd = crowd;
    this.chairs = Array.from({ length: players }, () => new Chair());
  }

  /** @param {number} now */
  fill(now) {
    this.#fillHost(now);
    const { host } = this;
    for (const chair of this.chairs) {
      if (chair.session !== undefined) {
        if (!chair.session.isOver) continue;
        if (chair.session.refused) chair.shuns = host;
        chair.session = undefined;
        chair.pausesUntil = now + this.#pause();
      }
      if (!host?.playing || host === chair.shuns || now < chair.pausesUntil) continue;
      if (!this.#crowd.mayOpen()) return;
      chair.session = this.#crowd.openPlayer(host);
    }
  }

  sitting() {
    return this.chairs.flatMap(({ session }) => (session?.playing ? [session] : []));
  }

  /** @param {number} now */
  #fillHost(now) {
    if (this.host !== undefined) {
      if (!this.host.isOver) return;
      this.host = undefined;
      this.#pausesUntil = now + this.#pause();
    }
    if (now >= this.#pausesUntil && this.#crowd.mayOpen()) this.host = this.#crowd.openHost();
  }

  #pause() {
    return this.#crowd.random.int(PAUSE.min, PAUSE.end);
  }
}
