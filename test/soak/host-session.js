// One connection of a host: opens a room, keeps a model of its players, and compares all events from
// the relay with the model.

import { Buffer } from 'node:buffer';
import { isDeepStrictEqual } from 'node:util';
import { Encoder } from 'cbor-x/index-no-eval';
import { decode, encode } from 'cborg';
import { Link } from './link.js';
import { QUESTION, readMessage, TO_ONE, TO_SOME, writeMessage } from './message.js';

/** @typedef {import('./crowd.js').Crowd} Crowd */
/** @typedef {import('./player-session.js').PlayerSession} PlayerSession */

/** More than ever are in a room, those counted that the relay does not know to be gone. */
export const MAX_PLAYERS = 500;

/** Events that a `state` follows. */
const MEMBERSHIP = new Set(['state', 'player_joined', 'player_left']);

/** What the relay reads as JSON: text up to this length, and bytes up to so many. */
const MAX_JSON = 4 * 1024 * 1024;
const MAX_JSON_BYTES = 500_000;

/** An unknown id: player ids start at 1. */
const NOBODY = 0;

/** @param {{ data?: unknown }} command */
const json = (command) => {
  const isMuch = Array.isArray(command.data) && command.data.length > MAX_JSON_BYTES;
  const text = isMuch ? '' : JSON.stringify(command);
  return isMuch || Buffer.byteLength(text) > MAX_JSON ? encode(command) : text;
};
/** @param {Buffer} bytes */
const asList = (bytes) => Array.from(bytes);
/** @param {Buffer} bytes */
const asBytes = (bytes) => bytes;

const tagged = new Encoder({ useRecords: false, variableMapSize: true, tagUint8Array: true });

/**
 * The formats of hosts: how they write commands and bytes, and which format they request from the
 * relay.
 *
 * @type {{ query: string; write(command: object): string | Uint8Array; bytes(bytes: Buffer): unknown }[]}
 */
const DIALECTS = [
  { query: '?bytes=1', write: encode, bytes: asBytes },
  { query: '?bytes=1', write: (command) => tagged.encode(command), bytes: asBytes },
  { query: '', write: encode, bytes: asList },
  { query: '?format=json', write: json, bytes: asList },
];

/** A player as the host knows it. */
export class Seat {
  /** @type {number[]} sequence numbers of the messages that the player still has to receive, in order */
  expected = [];
  received = 0;
  kicked = false;
  /** @type {PlayerSession | undefined} set by the player's first message */
  player;

  /**
   * @param {number} id
   * @param {number} since the number of the host's last message before the player joined
   */
  constructor(id, since) {
    this.id = id;
    this.since = since;
  }
}

export class HostSession {
  code = '';
  /** How the host ended the game, unless the connection broke. Its players get the reason. */
  /** @type {'stop' | 'close' | undefined} */
  ending;
  /** @type {Map<number, Seat>} */
  seats = new Map();
  sequence = 0;
  /** When the connection was closed, in milliseconds of `performance.now()`. */
  endedAt = Number.POSITIVE_INFINITY;

  #crowd;
  #dialect;
  #link;
  #name;
  #broadcasts = 0;
  #lastId = 0;
  #expectsState = true;
  #prepared = false;

  /**
   * @param {Crowd} crowd
   * @param {number} session
   */
  constructor(crowd, session) {
    this.#crowd = crowd;
    this.session = session;
    this.#dialect = crowd.random.pick(DIALECTS);
    this.#name = `room of ${session} 🎲`;
    this.#link = new Link(crowd, `/CREATE${this.#dialect.query}`, {
      open: () => this.#command({ cmd: 'prepare', max_players: MAX_PLAYERS, name: this.#name }),
      message: (data, text) => {
        this.#event(text ? JSON.parse(data.toString()) : decode(data));
      },
      closed: (code) => this.#closed(code),
    });
  }

  /** Messages can be sent to players. */
  get playing() {
    return this.code !== '' && this.ending === undefined && this.#link.isOpen;
  }

  get isOver() {
    return this.#link.isClosed;
  }

  /** Whether the connection does not keep up. */
  get isBusy() {
    return this.#link.isBusy;
  }

  get isFaultless() {
    return this.#link.isFaultless;
  }

  /** The line to the room's relay. */
  get line() {
    return this.#link.line;
  }

  /** Whether the relay may have a reason to close the room. */
  get mayBeGone() {
    return this.ending !== undefined || this.isOver || this.#link.mayBeCut;
  }

  /** Whether its relay may have closed the room because it was about to end. */
  get mayBeRestarting() {
    return this.#link.mayBeRestarting;
  }

  /** When at the latest the relay has learned that the game has ended. */
  get goneSince() {
    return this.#link.relaySideEnded(this.endedAt);
  }

  /**
   * @param {Seat} seat
   * @param {number} size
   * @param {boolean} text
   */
  sendToOne(seat, size, text) {
    this.#send([seat.id], [seat], TO_ONE, size, text);
  }

  /**
   * @param {readonly Seat[]} seats
   * @param {number} size
   * @param {boolean} text
   */
  sendToSome(seats, size, text) {
    // One player twice, and an unknown id.
    const ids = [...seats.map(({ id }) => id), seats[0]?.id ?? NOBODY, NOBODY];
    this.#send(ids, seats, TO_SOME, size, text);
  }

  /**
   * @param {number} size
   * @param {boolean} text
   */
  sendToEverybody(size, text) {
    const seats = [...this.seats.values()].filter(({ kicked }) => !kicked);
    this.#send([], seats, ++this.#broadcasts, size, text);
  }

  /** @param {Seat} seat */
  kick(seat) {
    seat.kicked = true;
    this.#command({ cmd: 'kick', player: seat.id });
  }

  /** @param {'stop' | 'close'} how */
  end(how) {
    this.ending = how;
    if (how === 'stop') this.#command({ cmd: 'stop' });
    else this.#link.close();
  }

  cut() {
    this.#link.cut();
  }

  /**
   * @param {number[]} to
   * @param {readonly Seat[]} seats
   * @param {number} extra
   * @param {number} size
   * @param {boolean} text
   */
  #send(to, seats, extra, size, text) {
    const message = { session: this.session, sequence: ++this.sequence, extra };
    const bytes = writeMessage(this.#crowd.random, message, size, text);
    for (const { expected } of seats) expected.push(this.sequence);
    if (text) this.#command({ cmd: 'to_str', to, data: bytes.toString() });
    else this.#command({ cmd: 'to', to, data: this.#dialect.bytes(bytes) });
  }

  /** @param {object} command */
  #command(command) {
    this.#link.send(this.#dialect.write(command));
  }

  /** @param {any} event */
  #event(event) {
    const { cmd } = event;
    if (this.#expectsState && !MEMBERSHIP.has(cmd)) this.#violation(`expected a state, got ${cmd}`);
    switch (cmd) {
      case 'state':
        this.#expectsState = false;
        return this.#state(event);
      case 'prepare_reply':
        return this.#ready(event.key);
      case 'player_joined':
        return this.#joined(event.player);
      case 'player_left':
        return this.#left(event.player);
      case 'from':
        return this.#from(event.from, Buffer.from(event.data), false);
      case 'from_str':
        return this.#from(event.from, Buffer.from(event.data), true);
      default:
        return this.#violation(`got ${JSON.stringify(event).slice(0, 200)}`);
    }
  }

  /** @param {any} event */
  #state(event) {
    const isFirst = !this.#prepared;
    const expected = {
      cmd: 'state',
      name: isFirst ? '' : this.#name,
      players: [...this.seats.keys()],
      max_players: isFirst ? 0 : MAX_PLAYERS,
      accept_conns: !isFirst && this.seats.size < MAX_PLAYERS,
    };
    this.#prepared = true;
    // Nobody can join while the host does not read as fast as its players write.
    if (!event.accept_conns && this.#crowd.isFaulty) expected.accept_conns = false;
    if (isDeepStrictEqual(event, expected)) return;
    this.#violation(`expected ${JSON.stringify(expected)}, got ${JSON.stringify(event)}`);
  }

  /** @param {string} code */
  #ready(code) {
    if (this.code !== '') this.#violation(`got a second code ${code}`);
    this.code = code;
  }

  /** @param {number} id */
  #joined(id) {
    if (id !== this.#lastId + 1) this.#violation(`player ${id} joined after ${this.#lastId}`);
    this.#lastId = id;
    this.seats.set(id, new Seat(id, this.sequence));
    this.#expectsState = true;
  }

  /** @param {number} id */
  #left(id) {
    const seat = this.seats.get(id);
    if (seat === undefined) return this.#violation(`player ${id} left, but was not in the room`);
    this.seats.delete(id);
    this.#expectsState = true;
    const { player } = seat;
    // A player who leaves with a close frame has sent all messages before it.
    if (player?.leavesInPeace && player.sequence !== seat.received) {
      const reason = `player ${id} left after ${player.sequence} messages, ${seat.received} arrived`;
      this.#violation(reason, player.isAtEdge);
    }
  }

  /**
   * @param {number} id
   * @param {Buffer} bytes
   * @param {boolean} text
   */
  #from(id, bytes, text) {
    const seat = this.seats.get(id);
    if (seat === undefined)
      return this.#violation(`a message from player ${id}, who is not in the room`);
    const message = readMessage(bytes, text);
    if (message === undefined) {
      return this.#violation(`a message of ${bytes.length} bytes from player ${id} is broken`);
    }
    const { session, sequence, extra } = message;
    const player = seat.player ?? this.#introduce(seat, session);
    if (player?.session !== session) {
      return this.#violation(`player ${id} is ${player?.session}, the message is from ${session}`);
    }
    if (sequence !== ++seat.received) {
      this.#violation(`expected message ${seat.received} from player ${id}, got ${sequence}`);
    }
    this.#crowd.verified.toHost++;
    if (extra === QUESTION && this.playing && !seat.kicked) {
      this.sendToOne(seat, 0, false);
      player.answerIs(this.sequence);
    }
  }

  /**
   * @param {Seat} seat
   * @param {number} session
   */
  #introduce(seat, session) {
    const player = this.#crowd.player(session);
    if (player === undefined) return undefined;
    if (player.code !== this.code) {
      this.#violation(`${session} is in ${this.code}, but joined ${player.code}`);
    }
    seat.player = player;
    player.seated(seat);
    return player;
  }

  /** @param {number} code */
  #closed(code) {
    this.endedAt = performance.now();
    this.#crowd.count(code);
    if (this.ending === 'stop' && code === 1001) return;
    if (this.ending === 'close' && (code === 1000 || !this.#link.wasOpen)) return;
    if (this.#link.mayBeCut && (code === 1006 || code === 4008)) return;
    if (code === 1013 && this.code === '') return;
    if (code === 1012 && this.mayBeRestarting) return;
    this.#violation(`closed with ${code}`);
  }

  /**
   * @param {string} reason
   * @param {boolean} [excusable] whether a fault between relays may be the reason
   */
  #violation(reason, excusable = false) {
    const text = `host ${this.session} of ${this.code || 'no room'}: ${reason}`;
    if (excusable) this.#crowd.violationWithoutFault(text);
    else this.#crowd.violation(text);
  }
}
