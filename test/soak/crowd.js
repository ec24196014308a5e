// Rooms full of players who send messages, leave, are kicked, lose their connections, and rejoin.

import { createHistogram } from 'node:perf_hooks';
import { setTimeout } from 'node:timers/promises';
import { HostSession } from './host-session.js';
import { PlayerSession } from './player-session.js';
import { Random } from './random.js';

/** @typedef {import('./fault-proxy.js').FaultProxy} FaultProxy */
/** @typedef {import('./host-session.js').Seat} Seat */

/**
 * @typedef {object} Line a way to a relay
 * @property {number} port where to connect to
 * @property {FaultProxy} [proxy] the proxy on that port, unless it is the relay's own port
 * @property {import('./nodes.js').Node} [node] the relay, unless it is in another thread
 *
 * @typedef {object} CrowdOptions
 * @property {readonly Line[]} lines each client uses any of them; all or none have a proxy
 * @property {number} rooms
 * @property {number} players in each room
 * @property {number} rate messages sent a second
 * @property {number} seed
 * @property {number} firstSession the number of the first session
 * @property {() => number} [starved] the total wait for a CPU so far, in milliseconds
 * @property {(reason: string) => void} violation
 * @property {import('./disturbances.js').Disturbances} [disturbances] faults between the relays
 */

/** How often messages are sent, in milliseconds. */
const TICK = 20;
/** A late tick compensates for at most this much time, in milliseconds. */
const MAX_CATCH_UP = 100;
/**
 * A tick this late, in milliseconds, shows a busy machine. Later delays are then excused for a
 * while.
 */
const LATE = 300;
const AFTER_LATE = 10_000;
/** How often all sessions are checked, in milliseconds. */
const SWEEP = 1_000;
/** How many connections are opened within a tick. */
const MAX_OPENINGS = 10;

/** The sizes of messages, and of rare large ones, in bytes. */
const SIZE = { min: 16, end: 64 * 1024 };
const BIG = 1024 * 1024;
const BIG_CHANCE = 1 / 4000;
/** Most messages are small: the exponent of the size is a random number to this power. */
const SMALLNESS = 2;

const TURNS = { player: 600, one: 200, some: 120, everybody: 80, leave: 1, kick: 0.5, end: 0.1 };

/** The time between two questions whose answers are timed, in milliseconds. */
const ASK_EVERY = 500;

/** The time between the end of a connection and the next one, in milliseconds. */
const PAUSE = { min: 200, end: 2_000 };

/** How long all messages may take to arrive, and all connections to close, in milliseconds. */
const SETTLE_TIME = 6_000;
const CLOSE_TIME = 4_000;

/** How long messages of a session may arrive after its end, in milliseconds. */
const REMEMBERED = 120_000;

export class Crowd {
  verified = { toHost: 0, toOne: 0, toSome: 0, toEverybody: 0 };
  connections = { hosts: 0, players: 0 };
  /** @type {Record<number, number>} how often connections ended with which code */
  closes = {};
  /** Round trips of answered questions, in microseconds. */
  roundTrips = createHistogram();
  /** The same, minus the time of waiting for a CPU. */
  ownRoundTrips = createHistogram();
  random;
  lines;
  /** Whether there are faults between clients and relays. */
  isFaulty;

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
    this.lines = options.lines;
    this.isFaulty = options.lines.some(({ proxy }) => proxy !== undefined);
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

  /** Stops sending, and waits until all messages have arrived. */
  async settle() {
    this.#talks = false;
    await this.#none(() => this.#unsettled(), SETTLE_TIME, 'do not arrive');
  }

  /** Ends all games, half of them by `stop`, and waits until all connections are closed. */
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
   * Waits until `find` finds no session.
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

  /** A session with messages in transit. */
  #unsettled() {
    for (const room of this.#rooms) {
      if (room.host?.isFaultless !== true || !room.host.playing) continue;
      for (const player of room.sitting()) {
        const missing = player.isFaultless ? player.underWay : undefined;
        if (missing !== undefined) return `player ${player.session} in ${player.code}: ${missing}`;
      }
    }
    return undefined;
  }

  /** A session with an intact connection that is not closed. */
  #unclosed() {
    for (const player of this.#players.values()) {
      if (player.isFaultless && !player.isOver) return `player ${player.session} in ${player.code}`;
    }
    for (const host of this.#hosts.values()) {
      if (host.isFaultless && !host.isOver) return `host ${host.session} of ${host.code}`;
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

  /** Whether this process is or was so late that the relay may have closed its connections. */
  get isLate() {
    return performance.now() - this.#lateAt < AFTER_LATE;
  }

  /** @param {number} code */
  count(code) {
    this.closes[code] = (this.closes[code] ?? 0) + 1;
  }

  /**
   * @param {number} milliseconds how long an answer took
   * @param {number} starved how much of that was waiting for a CPU
   */
  answered(milliseconds, starved) {
    this.roundTrips.record(Math.max(1, Math.round(milliseconds * 1000)));
    this.ownRoundTrips.record(Math.max(1, Math.round((milliseconds - starved) * 1000)));
  }

  /** The total wait for a CPU so far, in milliseconds. */
  starved() {
    return this.#options.starved?.() ?? 0;
  }

  /** The longest current wait for an answer, in milliseconds, minus the time of waiting for a CPU. */
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

  /**
   * Reports something that a fault between the relays excuses, unless there was one.
   *
   * @param {string} reason
   */
  violationWithoutFault(reason) {
    const { disturbances } = this.#options;
    if (disturbances === undefined) this.violation(reason);
    else disturbances.excuse(() => this.violation(reason));
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
      if (this.isFaulty) host.end(this.random.pick(['stop', 'close']));
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
    // Sessions without faults are not delayed by large messages in their room either.
    if (this.isFaulty && random.chance(BIG_CHANCE)) return BIG;
    return Math.round(SIZE.min * (SIZE.end / SIZE.min) ** (random.float() ** SMALLNESS));
  }

  /** The players without faults send questions, a tenth of them at a time. */
  #ask() {
    if (!this.#talks || this.isFaulty) return;
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
        this.violation(`player ${session} in ${player.code}: not closed after the host has left`);
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

/** A player's place in a group, for one connection after another. */
class Chair {
  /** @type {PlayerSession | undefined} */
  session;
  pausesUntil = 0;
  /** @type {HostSession | undefined} whose room has ended, even if the host does not know yet */
  shuns;
}

/** A group that plays one game after another. */
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
