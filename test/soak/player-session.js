// One connection of a phone: counts what it sends, and checks what it gets.

import { Link } from './link.js';
import { QUESTION, readMessage, STATEMENT, TO_ONE, TO_SOME, writeMessage } from './message.js';

/** @typedef {import('./crowd.js').Crowd} Crowd */
/** @typedef {import('./host-session.js').HostSession} HostSession */
/** @typedef {import('./host-session.js').Seat} Seat */

/** Less than the time that a client waits for the answer to its close, in milliseconds. */
const PATIENCE_TO_LEAVE = 25_000;

/** How long the relay may take to tell a player that the host is gone, in milliseconds. */
const PATIENCE = 40_000;

export class PlayerSession {
  /** How many messages were sent. */
  sequence = 0;
  leaving = false;
  /** There is no such room. */
  refused = false;
  /** When the connection was closed, in milliseconds of `performance.now()`. */
  endedAt = Number.POSITIVE_INFINITY;

  #crowd;
  #host;
  #link;
  /** @type {Seat | undefined} once the host knows this player */
  #seat;
  /** @type {number[]} what was received before that, by sequence number */
  #early = [];
  #startedAt = performance.now();
  #leftAt = Number.POSITIVE_INFINITY;
  #forgotten = 0;
  #last = 0;
  #lastBroadcast = 0;
  /** @type {{ at: number; starved: number } | undefined} when the host was asked for an answer, while it is due */
  #asked;
  #answer = 0;

  /**
   * @param {Crowd} crowd
   * @param {number} session
   * @param {HostSession} host
   */
  constructor(crowd, session, host) {
    this.#crowd = crowd;
    this.session = session;
    this.#host = host;
    this.code = host.code;
    this.#link = new Link(crowd, `/${host.code}`, {
      open: () => this.send(0, true),
      message: (data, text) => this.#receive(data, text),
      closed: (code) => this.#closed(code),
    });
  }

  get playing() {
    return this.#link.isOpen && !this.leaving;
  }

  get isOver() {
    return this.#link.isClosed;
  }

  get isFaultless() {
    return this.#link.isFaultless;
  }

  /** Whether it is at another relay than its host. */
  get isAtEdge() {
    return this.#link.line !== this.#host.line;
  }

  /** The number of messages in transit, in both directions. */
  get underWay() {
    const missing = this.#seat?.expected.length ?? 0;
    const unreceived = this.sequence - (this.#seat?.received ?? 0);
    if (missing === 0 && unreceived === 0) return undefined;
    return `${missing} messages to it and ${unreceived} from it`;
  }

  /**
   * For how long the host's answer has been due, in milliseconds.
   *
   * @param {number} starved for how long there was no processor by now
   */
  waits(starved) {
    if (this.#asked === undefined) return 0;
    return performance.now() - this.#asked.at - (starved - this.#asked.starved);
  }

  /**
   * @param {number} size
   * @param {boolean} text
   */
  send(size, text, extra = STATEMENT) {
    if (this.#link.isBusy) return;
    const message = { session: this.session, sequence: ++this.sequence, extra };
    this.#link.send(writeMessage(this.#crowd.random, message, size, text), text);
  }

  /** Asks the host for an answer, and measures how long that takes. */
  ask() {
    if (this.#asked !== undefined || this.#seat === undefined || this.#link.isBusy) return;
    this.#asked = { at: performance.now(), starved: this.#crowd.starved() };
    this.send(0, false, QUESTION);
  }

  /** @param {number} sequence of the host's answer */
  answerIs(sequence) {
    this.#answer = sequence;
  }

  /** @param {Seat} seat */
  seated(seat) {
    this.#seat = seat;
    for (const sequence of this.#early) this.#take(seat, sequence);
    this.#early = [];
  }

  /** Whether it has closed an intact connection and still waits for the answer. */
  get leavesInPeace() {
    return this.leaving && this.isFaultless && !this.#losesPatience;
  }

  /**
   * While the host does not keep up, reading from players pauses, and their closes are not read
   * either.
   */
  get #losesPatience() {
    return performance.now() - this.#leftAt > PATIENCE_TO_LEAVE;
  }

  leave() {
    this.leaving = true;
    this.#leftAt = performance.now();
    this.#link.close();
  }

  cut() {
    this.#link.cut();
  }

  /**
   * Whether the relay should have closed this player by now, because the game has ended.
   *
   * @param {number} since how long ago that was asked the last time, if nothing was late
   */
  isForgotten(since) {
    const { isOpen, isFaultless } = this.#link;
    const isDue = isOpen && isFaultless && this.#host.goneSince < performance.now();
    this.#forgotten = isDue ? this.#forgotten + since : 0;
    return this.#forgotten > PATIENCE;
  }

  /**
   * @param {Buffer} bytes
   * @param {boolean} text
   */
  #receive(bytes, text) {
    const message = readMessage(bytes, text);
    if (message === undefined)
      return this.#violation(`a message of ${bytes.length} bytes is broken`);
    const { session, sequence, extra } = message;
    const from = this.#crowd.host(session);
    // Codes are reused, so a late player may join another room.
    if (from?.code !== this.code || (this.#last > 0 && from !== this.#host)) {
      return this.#violation(`a message from ${session} of ${from?.code}`);
    }
    this.#host = from;
    if (sequence <= this.#last) return this.#violation(`message ${sequence} after ${this.#last}`);
    this.#last = sequence;
    this.#countIn(extra);
    if (this.#seat === undefined) this.#early.push(sequence);
    else this.#take(this.#seat, sequence);
    if (sequence === this.#answer) this.#answered();
  }

  /** @param {number} extra whom the message is for */
  #countIn(extra) {
    const { verified } = this.#crowd;
    if (extra === TO_ONE) verified.toOne++;
    else if (extra === TO_SOME) verified.toSome++;
    else this.#receiveBroadcast(extra);
  }

  /** @param {number} broadcast its number */
  #receiveBroadcast(broadcast) {
    this.#crowd.verified.toEverybody++;
    if (this.#lastBroadcast > 0 && broadcast !== this.#lastBroadcast + 1) {
      this.#violation(`broadcast ${broadcast} after ${this.#lastBroadcast}`);
    }
    this.#lastBroadcast = broadcast;
  }

  /**
   * @param {Seat} seat
   * @param {number} sequence
   */
  #take(seat, sequence) {
    // A broadcast can reach a player that the host does not know yet.
    if (sequence <= seat.since) return;
    const expected = seat.expected.shift();
    if (sequence !== expected) this.#violation(`expected message ${expected}, got ${sequence}`);
  }

  #answered() {
    if (this.#asked === undefined) return;
    const { at, starved } = this.#asked;
    this.#crowd.answered(performance.now() - at, this.#crowd.starved() - starved);
    this.#asked = undefined;
  }

  /** @param {number} code */
  #closed(code) {
    this.endedAt = performance.now();
    this.refused = code === 4004;
    this.#crowd.count(code);
    if (!this.#mayClose(code)) {
      const connection = this.isFaultless ? 'a faultless connection' : 'a faulty connection';
      const age = ((this.endedAt - this.#startedAt) / 1000).toFixed(1);
      const game = this.#host.mayBeGone ? 'an ended game' : 'a running game';
      const place = this.isAtEdge ? ' at an edge' : '';
      const reason = `closed with ${code} on ${connection}${place} after ${age} s of ${game}`;
      return this.#violation(reason, this.isAtEdge && code === 1012);
    }
    // These closes arrive after all earlier messages from the host.
    const closedByHost = this.#host.ending === 'close' && this.#host.isFaultless;
    const isLast = code === 4003 || code === 4000 || (code === 4010 && closedByHost);
    const missing = this.#seat?.expected.length ?? 0;
    if (isLast && missing > 0)
      this.#violation(`closed with ${code}, ${missing} messages are missing`);
  }

  /** @param {number} code */
  #mayClose(code) {
    switch (code) {
      case 1000:
        return this.leaving;
      case 1006:
      case 4008:
        return this.#link.mayBeCut || this.#losesPatience;
      case 1012:
        return this.#link.mayBeRestarting || this.#host.mayBeRestarting;
      case 1013:
      case 4012:
        return this.#seat === undefined;
      case 4000:
        return this.#host.ending === 'stop';
      case 4003:
        return this.#seat?.kicked === true;
      case 4004:
        return this.#seat === undefined && this.#host.mayBeGone;
      case 4010:
        return this.#host.mayBeGone;
      default:
        return false;
    }
  }

  /**
   * @param {string} reason
   * @param {boolean} [excusable] whether a fault between relays may be the reason
   */
  #violation(reason, excusable = false) {
    const text = `player ${this.session} in ${this.code}: ${reason}`;
    if (excusable) this.#crowd.violationWithoutFault(text);
    else this.#crowd.violation(text);
  }
}
