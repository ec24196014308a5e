import { PlayerSessions } from '../../../../src/client/host/player-sessions.js';
import type { Message } from '../../../../src/client/session/envelope.js';
import { ReliableSession } from '../../../../src/client/session/reliable-session.js';
import { SendLog } from '../../../../src/client/session/send-log.js';
import { Random } from '../random.js';

type Frame = Uint8Array<ArrayBuffer>;

/**
 * One connection to the relay, with the frames in transit. When it is isBroken, each end is notified at its
 * own time. Until then, the frames that it sends are lost.
 */
interface Connection {
  readonly up: { readonly to: readonly number[]; readonly frame: Frame }[];
  readonly down: { readonly from: number; readonly frame: Frame }[];
  isBroken: boolean;
  /** Whether the client has been notified of the isBroken. */
  isClientNotified: boolean;
  /** Whether the relay has been notified of the isBroken. */
  isRelayNotified: boolean;
}

/** The address of the host. */
const HOST = 0;

/** One page. */
class Page {
  constructor(readonly mark: number) {}
}

/**
 * Checks the messages that one page receives from one sender. Each page of the sender numbers its
 * messages to this receiver from 1, so missing, duplicated and reordered messages are detected.
 */
class Receipts {
  senderPage = 0;
  last = 0;
  /** Messages reported as lost since the last message. */
  gap = 0;
  /** How many messages of the same page of the sender the receiver's previous page had received. */
  floor = 0;
  isFirst = true;

  /** The receiver has been notified of a new page of the sender. */
  newSender(): void {
    this.last = 0;
    this.gap = 0;
    this.floor = 0;
    this.isFirst = false;
  }

  /** How many messages this page or the previous one has received, or knows to be lost. */
  accounted(senderPage: number): number {
    if (senderPage !== this.senderPage) return this.gap;
    return this.isFirst ? this.floor : this.last + this.gap;
  }

  take(senderPage: number, number: number): void {
    if (senderPage < this.senderPage) throw new Error('a message of an older page of the sender');
    if (senderPage > this.senderPage && this.last !== 0)
      throw new Error('the new page was not reported');
    if (senderPage > this.senderPage) this.floor = 0;
    this.senderPage = senderPage;
    if (this.isFirst && number - this.gap <= this.floor + 1) {
      if (number < 1) throw new Error('no number');
    } else if (number !== this.last + this.gap + 1) {
      const expected = this.last + this.gap + 1;
      throw new Error(`expected number ${expected} of page ${senderPage}, received ${number}`);
    }
    this.isFirst = false;
    this.last = number;
    this.gap = 0;
  }

  /** The receiver is a new page. It may get messages again whose receipt is not known. */
  newReceiver(): void {
    this.floor = Math.max(this.floor, this.last + this.gap);
    this.last = 0;
    this.gap = 0;
    this.isFirst = true;
  }
}

interface Phone {
  readonly id: number;
  page: Page;
  pages: number;
  end: ReliableSession;
  log: SendLog;
  connection: Connection | undefined;
  /** The relay's buffer while the phone is disconnected. */
  readonly buffered: Frame[];
  /** How many messages its page has sent to the host. */
  sent: number;
  ackDue: boolean;
  /** Whether its session pauses after a large retransmission. */
  isPaused: boolean;
  /** What the phone has received from the host. */
  readonly fromHost: Receipts;
  /** What the host has received from the phone. */
  readonly fromPhone: Receipts;
  /** How many messages the host's page has sent to it. */
  sentTo: number;
  hostAckDue: boolean;
  isHostPaused: boolean;
}

export interface SessionModelOptions {
  readonly seed: number;
  readonly players?: number;
  /** The largest send log of each end, in bytes. */
  readonly limit?: number;
  /** The most frames that the relay buffers for a disconnected phone. */
  readonly relayBuffer?: number;
  /** Whether pages are reloaded, and not only their connections. */
  readonly reloads?: boolean;
  /** The minimum length of messages, in bytes. */
  readonly length?: number;
  /** How long a step takes, in milliseconds. */
  readonly stepTime?: number;
}

/** A host, a relay and some phones in memory, with connections that break frequently. */
export class SessionModel {
  readonly counts = {
    steps: 0,
    sent: 0,
    received: 0,
    gaps: 0,
    lost: 0,
    cuts: 0,
    restarts: 0,
    reloads: 0,
    pauses: 0,
  };
  readonly #random: Random;
  readonly #options: Required<SessionModelOptions>;
  readonly #phones: Phone[] = [];
  #hostSessions: PlayerSessions;
  #hostPages = 1;
  /** The marks of the phones, which a host's page stores over a reload. */
  readonly #marks = new Map<number, number>();
  readonly #hostEnds = new Map<number, ReliableSession>();
  #hostConnection: Connection | undefined;
  readonly #bufferedForHost: { from: number; frame: Frame }[] = [];

  constructor(options: SessionModelOptions) {
    this.#options = {
      players: 3,
      limit: 1e9,
      relayBuffer: 1e9,
      reloads: false,
      length: 0,
      stepTime: 100,
      ...options,
    };
    this.#random = new Random(options.seed);
    this.#hostSessions = this.#newHostSessions();
    for (let id = 1; id <= this.#options.players; id++) this.#phones.push(this.#newPhone(id));
    this.#connectHost();
    for (const phone of this.#phones) this.#connectPhone(phone);
  }

  /** Does one random action. */
  step(): void {
    this.counts.steps++;
    const random = this.#random;
    const phone = this.#phones[random.int(0, this.#phones.length)] as Phone;
    const roll = random.float() * 1000;
    if (roll < 120) return this.#broadcast();
    if (roll < 220) return this.#send(phone);
    if (roll < 420) return this.#sendToHost(phone);
    if (roll < 620) return this.#deliverAtHost();
    if (roll < 900) return this.#deliverAt(phone);
    if (roll < 930) return this.#acknowledge(phone);
    if (roll < 970) return this.#fault(phone);
    return this.#repair(phone);
  }

  /** Repairs all faults and delivers all frames. After that, every message must have arrived. */
  settle(): void {
    for (const phone of this.#phones) {
      if (phone.connection?.isBroken) this.#notify(phone.connection, 'client');
    }
    if (this.#hostConnection?.isBroken) this.#notify(this.#hostConnection, 'client');
    this.#connectHost();
    for (const phone of this.#phones) this.#connectPhone(phone);
    this.#drain();
    for (const phone of this.#phones) {
      expectSame(`to phone ${phone.id}`, phone.fromHost.accounted(this.#hostPages), phone.sentTo);
      expectSame(`from phone ${phone.id}`, phone.fromPhone.accounted(phone.pages), phone.sent);
    }
  }

  #drain(): void {
    for (let round = 0; ; round++) {
      if (round > 1000) throw new Error('the frames do not end');
      let busy = round < 2;
      for (let more = true; more; ) {
        const connection = this.#hostConnection;
        more = (connection?.up.length ?? 0) + (connection?.down.length ?? 0) > 0;
        this.#deliverAtHost();
        for (const phone of this.#phones) {
          more ||= (phone.connection?.up.length ?? 0) + (phone.connection?.down.length ?? 0) > 0;
          this.#deliverAt(phone);
        }
        busy ||= more;
      }
      for (const phone of this.#phones) {
        if (phone.end.peer === 0 && round < 2) phone.end.greetAgain();
        phone.end.acknowledge();
        this.#hostEnds.get(phone.id)?.acknowledge();
        if (this.#endPauses(phone)) busy = true;
      }
      if (!busy) return;
    }
  }

  // The games.

  #broadcast(): void {
    const ids = this.#phones.filter(() => this.#random.chance(0.9)).map(({ id }) => id);
    for (const id of ids) this.#phone(id).sentTo++;
    const numbers = this.#phones.map(({ sentTo }) => sentTo);
    this.counts.sent += ids.length;
    this.#hostSessions.send(ids, this.#message([this.#hostPages, ...numbers]));
  }

  #send(phone: Phone): void {
    phone.sentTo++;
    const numbers = this.#phones.map(({ sentTo }) => sentTo);
    this.counts.sent++;
    this.#hostSessions.send([phone.id], this.#message([this.#hostPages, ...numbers]));
  }

  #sendToHost(phone: Phone): void {
    const message = this.#message([phone.pages, ++phone.sent]);
    this.counts.sent++;
    phone.log.add(message, [phone.end.queue]);
    phone.end.transmit(message);
  }

  #message(numbers: readonly number[]): Message {
    const body = new Uint8Array(Math.max(numbers.length * 4, this.#options.length));
    body.set(new Uint8Array(Uint32Array.from(numbers).buffer));
    return { kind: 'bytes', body };
  }

  #acknowledge(phone: Phone): void {
    if (phone.ackDue) phone.end.acknowledge();
    if (phone.hostAckDue) this.#hostEnds.get(phone.id)?.acknowledge();
    phone.ackDue = false;
    phone.hostAckDue = false;
    this.#endPauses(phone);
    if (phone.end.peer === 0 && phone.connection?.isClientNotified === false)
      phone.end.greetAgain();
  }

  /** Ends the pauses of a phone's two sessions; false if neither pauses. */
  #endPauses(phone: Phone): boolean {
    const { isPaused, isHostPaused } = phone;
    phone.isPaused = false;
    phone.isHostPaused = false;
    if (isPaused) phone.end.pauseEnded();
    if (isHostPaused) this.#hostEnds.get(phone.id)?.pauseEnded();
    return isPaused || isHostPaused;
  }

  // The connections and the relay.

  #deliverAtHost(): void {
    const connection = this.#hostConnection;
    if (connection === undefined || connection.isBroken) return;
    const { random } = this;
    if (random.chance(0.5)) {
      const sent = connection.up.shift();
      if (sent === undefined) return;
      for (const id of sent.to) this.#relayToPhone(this.#phone(id), sent.frame);
    } else {
      const received = connection.down.shift();
      if (received !== undefined) this.#hostEnds.get(received.from)?.receive(received.frame);
    }
  }

  #deliverAt(phone: Phone): void {
    const { connection } = phone;
    if (connection === undefined || connection.isBroken) return;
    if (this.random.chance(0.5)) {
      const sent = connection.up.shift();
      if (sent !== undefined) this.#relayToHost(phone.id, sent.frame);
    } else {
      const received = connection.down.shift();
      if (received !== undefined) phone.end.receive(received.frame);
    }
  }

  get #now(): number {
    return this.counts.steps * this.#options.stepTime + this.counts.pauses * 1_000;
  }

  get random(): Random {
    return this.#random;
  }

  #relayToPhone(phone: Phone, frame: Frame): void {
    const { connection } = phone;
    if (connection !== undefined && !connection.isRelayNotified) {
      // Half-open: frames that the relay writes are lost.
      if (!connection.isBroken) connection.down.push({ from: HOST, frame });
      return;
    }
    phone.buffered.push(frame);
    if (phone.buffered.length > this.#options.relayBuffer) phone.buffered.shift();
  }

  #relayToHost(from: number, frame: Frame): void {
    const connection = this.#hostConnection;
    if (connection === undefined || connection.isRelayNotified)
      this.#bufferedForHost.push({ from, frame });
    else if (!connection.isBroken) connection.down.push({ from, frame });
  }

  // Faults.

  #fault(phone: Phone): void {
    const roll = this.random.float();
    if (roll < 0.35) return this.#breakConnection(phone.connection);
    if (roll < 0.6) return this.#breakConnection(this.#hostConnection);
    if (roll < 0.66) return this.#restartRelay();
    if (!this.#options.reloads || roll > 0.75) return;
    this.counts.reloads++;
    if (roll < 0.7) this.#reloadPhone(phone);
    else this.#reloadHost();
  }

  /** Breaks a connection. Some frames in transit still arrive, in each direction; the rest is lost. */
  #breakConnection(connection: Connection | undefined): void {
    if (connection === undefined || connection.isBroken) return;
    this.counts.cuts++;
    const down = connection.down.slice(0, this.random.int(0, connection.down.length + 1));
    const up = connection.up.slice(0, this.random.int(0, connection.up.length + 1));
    const owner = this.#phones.find((phone) => phone.connection === connection);
    for (const { from, frame } of down) {
      if (owner !== undefined) owner.end.receive(frame);
      else this.#hostEnds.get(from)?.receive(frame);
    }
    for (const { to, frame } of up) {
      if (owner !== undefined) this.#relayToHost(owner.id, frame);
      else for (const id of to) this.#relayToPhone(this.#phone(id), frame);
    }
    connection.isBroken = true;
    connection.up.length = 0;
    connection.down.length = 0;
  }

  #restartRelay(): void {
    this.counts.restarts++;
    this.#breakConnection(this.#hostConnection);
    for (const phone of this.#phones) {
      this.#breakConnection(phone.connection);
      phone.buffered.length = 0;
    }
    this.#bufferedForHost.length = 0;
    for (const connection of [
      this.#hostConnection,
      ...this.#phones.map((phone) => phone.connection),
    ]) {
      if (connection !== undefined) connection.isRelayNotified = true;
    }
  }

  #repair(phone: Phone): void {
    const connection = this.random.chance(0.3) ? this.#hostConnection : phone.connection;
    if (connection?.isBroken && this.random.chance(0.6))
      this.#notify(connection, this.random.chance(0.5) ? 'client' : 'relay');
    if (this.random.chance(0.5)) this.#connectPhone(phone);
    else this.#connectHost();
  }

  /** Notifies one end of a isBroken connection. */
  #notify(connection: Connection, end: 'client' | 'relay'): void {
    if (end === 'relay') {
      connection.isRelayNotified = true;
      return;
    }
    if (connection.isClientNotified) return;
    connection.isClientNotified = true;
    const owner = this.#phones.find((phone) => phone.connection === connection);
    if (owner !== undefined) owner.end.connectionLost();
    else for (const end of this.#hostEnds.values()) end.connectionLost();
  }

  /** The newest connection counts, even if the relay has not noticed the isBroken of the earlier one. */
  #connectPhone(phone: Phone): void {
    if (phone.connection !== undefined && !phone.connection.isClientNotified) return;
    const connection = newConnection();
    phone.connection = connection;
    for (const frame of phone.buffered.splice(0)) connection.down.push({ from: HOST, frame });
    phone.end.greet();
  }

  #connectHost(): void {
    if (this.#hostConnection !== undefined && !this.#hostConnection.isClientNotified) return;
    const connection = newConnection();
    this.#hostConnection = connection;
    connection.down.push(...this.#bufferedForHost.splice(0));
    for (const end of this.#hostEnds.values()) if (end.peer !== 0) end.greet();
  }

  // Pages.

  #newHostSessions(): PlayerSessions {
    const sessions = new PlayerSessions(this.#options.limit, {
      send: (to, frame) => {
        const connection = this.#hostConnection;
        if (connection !== undefined && !connection.isBroken) connection.up.push({ to, frame });
      },
      mark: () => this.#random.int(1, 0xffff_ffff),
    });
    return sessions;
  }

  #openEnd(phone: Phone): void {
    const end = this.#hostSessions.open(
      phone.id,
      {
        deliver: ({ body }) => {
          const [page = 0, number = 0] = new Uint32Array(body.slice().buffer);
          this.counts.received++;
          phone.fromPhone.take(page, number);
        },
        gap: (count) => {
          this.counts.gaps += count;
          phone.fromPhone.gap += count;
        },
        restarted: () => phone.fromPhone.newSender(),
        greeted: ({ from }) => void this.#marks.set(phone.id, from),
        acknowledgeLater: () => {
          phone.hostAckDue = true;
        },
        pause: () => {
          this.counts.pauses++;
          phone.isHostPaused = true;
        },
        lost: (count) => {
          this.counts.lost += count;
        },
        now: () => this.#now,
      },
      this.#marks.get(phone.id),
    );
    this.#hostEnds.set(phone.id, end);
  }

  #newPhone(id: number): Phone {
    const phone: Phone = {
      id,
      page: new Page(1),
      pages: 0,
      connection: undefined,
      buffered: [],
      fromHost: new Receipts(),
      fromPhone: new Receipts(),
      sentTo: 0,
      hostAckDue: false,
      isHostPaused: false,
      ...this.#newPhonePage(id),
    };
    phone.pages = 1;
    this.#openEnd(phone);
    return phone;
  }

  #newPhonePage(id: number): Pick<Phone, 'end' | 'log' | 'sent' | 'ackDue' | 'isPaused'> {
    const log = new SendLog(this.#options.limit);
    const end = new ReliableSession(this.#random.int(1, 0xffff_ffff), log.openQueue(), {
      send: (frame) => {
        const { connection } = this.#phone(id);
        if (connection !== undefined && !connection.isBroken)
          connection.up.push({ to: [HOST], frame });
      },
      deliver: ({ body }) => {
        const [page = 0, ...numbers] = new Uint32Array(body.slice().buffer);
        this.counts.received++;
        this.#phone(id).fromHost.take(page, numbers[id - 1] ?? 0);
      },
      gap: (count) => {
        this.counts.gaps += count;
        this.#phone(id).fromHost.gap += count;
      },
      restarted: () => this.#phone(id).fromHost.newSender(),
      greeted: () => {},
      acknowledgeLater: () => {
        this.#phone(id).ackDue = true;
      },
      pause: () => {
        this.counts.pauses++;
        this.#phone(id).isPaused = true;
      },
      lost: (count) => {
        this.counts.lost += count;
      },
      now: () => this.#now,
    });
    return { end, log, sent: 0, ackDue: false, isPaused: false };
  }

  #reloadPhone(phone: Phone): void {
    this.#breakConnection(phone.connection);
    if (phone.connection !== undefined) phone.connection.isClientNotified = true;
    phone.pages++;
    Object.assign(phone, this.#newPhonePage(phone.id));
    phone.fromHost.newReceiver();
  }

  #reloadHost(): void {
    this.#breakConnection(this.#hostConnection);
    if (this.#hostConnection !== undefined) this.#hostConnection.isClientNotified = true;
    this.#hostPages++;
    this.#hostSessions = this.#newHostSessions();
    this.#hostEnds.clear();
    for (const phone of this.#phones) {
      phone.sentTo = 0;
      phone.fromPhone.newReceiver();
      phone.isHostPaused = false;
      this.#openEnd(phone);
    }
  }

  #phone(id: number): Phone {
    return this.#phones[id - 1] as Phone;
  }
}

function newConnection(): Connection {
  return { up: [], down: [], isBroken: false, isClientNotified: false, isRelayNotified: false };
}

function expectSame(name: string, got: number, expected: number): void {
  if (got !== expected) throw new Error(`${name}: ${got} of ${expected} messages accounted for`);
}
