import { End } from '../../../src/client/exactly-once/end.js';
import type { Message } from '../../../src/client/exactly-once/envelope.js';
import { Hub } from '../../../src/client/exactly-once/hub.js';
import { SendLog } from '../../../src/client/exactly-once/send-log.js';
import { Random } from './random.js';

type Frame = Uint8Array<ArrayBuffer>;

/**
 * One connection to the relay, with what is under way on it. Each end of it learns in its own time
 * that it is cut; until then, what that end sends vanishes.
 */
interface Line {
  readonly up: { readonly to: readonly number[]; readonly frame: Frame }[];
  readonly down: { readonly from: number; readonly frame: Frame }[];
  cut: boolean;
  /** Whether the client has been told that the line is gone. */
  clientKnows: boolean;
  /** Whether the relay has. */
  relayKnows: boolean;
}

/** The host, as an address. */
const HOST = 0;

/** One page: it remembers what it has had for as long as it is open. */
class Page {
  constructor(readonly mark: number) {}
}

/**
 * What one page has received from one sender. Every page of a sender counts its messages to this
 * receiver from 1, so it is plain to see what is missing, doubled, or out of order.
 */
class Receipts {
  senderPage = 0;
  last = 0;
  /** Announced as lost since the last message. */
  gap = 0;
  /** What the receiver's page before this one had had, of the same page of the sender. */
  floor = 0;
  isFirst = true;

  /** The sender is a new page, as far as the receiver has been told. */
  newSender(): void {
    this.last = 0;
    this.gap = 0;
    this.floor = 0;
    this.isFirst = false;
  }

  /** How many of the sender's messages have come to this page or the one before, or never will. */
  accounted(senderPage: number): number {
    if (senderPage !== this.senderPage) return this.gap;
    return this.isFirst ? this.floor : this.last + this.gap;
  }

  take(senderPage: number, number: number): void {
    if (senderPage < this.senderPage) throw new Error('a message of an older page of the sender');
    if (senderPage > this.senderPage && this.last !== 0) throw new Error('no word of a new page');
    if (senderPage > this.senderPage) this.floor = 0;
    this.senderPage = senderPage;
    if (this.isFirst && number - this.gap <= this.floor + 1) {
      if (number < 1) throw new Error('no number');
    } else if (number !== this.last + this.gap + 1) {
      const expected = this.last + this.gap + 1;
      throw new Error(`expected number ${expected} of page ${senderPage}, got ${number}`);
    }
    this.isFirst = false;
    this.last = number;
    this.gap = 0;
  }

  /** The receiver is a new page: it may get again what is not known to have been had. */
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
  end: End;
  log: SendLog;
  line: Line | undefined;
  /** At the relay: what waits for the phone's return. */
  readonly kept: Frame[];
  /** How many messages its page has sent to the host. */
  sent: number;
  ackDue: boolean;
  /** Whether it has sent so much again that it rests. */
  rests: boolean;
  /** What has come from the host. */
  readonly had: Receipts;
  /** What the host has had of it. */
  readonly atHost: Receipts;
  /** How many messages the host's page has sent to it. */
  sentTo: number;
  hostAckDue: boolean;
  hostRests: boolean;
}

export interface WorldOptions {
  readonly seed: number;
  readonly players?: number;
  /** Most that each side keeps for sending again, in bytes. */
  readonly limit?: number;
  /** Most frames that the relay keeps for a phone that is away. */
  readonly keep?: number;
  /** Whether pages are reloaded, and not only their connections. */
  readonly reloads?: boolean;
  /** How long messages are at least, in bytes. */
  readonly length?: number;
}

/** A host, a relay and some phones in memory, on lines that break all the time. */
export class World {
  readonly counts = {
    steps: 0,
    sent: 0,
    received: 0,
    gaps: 0,
    cuts: 0,
    restarts: 0,
    reloads: 0,
    rests: 0,
  };
  readonly #random: Random;
  readonly #options: Required<WorldOptions>;
  readonly #phones: Phone[] = [];
  #hub: Hub;
  #hostPages = 1;
  /** The marks of the phones, as a host's page keeps them over a reload. */
  readonly #marks = new Map<number, number>();
  readonly #hostEnds = new Map<number, End>();
  #hostLine: Line | undefined;
  readonly #keptForHost: { from: number; frame: Frame }[] = [];

  constructor(options: WorldOptions) {
    this.#options = { players: 3, limit: 1e9, keep: 1e9, reloads: false, length: 0, ...options };
    this.#random = new Random(options.seed);
    this.#hub = this.#newHub();
    for (let id = 1; id <= this.#options.players; id++) this.#phones.push(this.#newPhone(id));
    this.#connectHost();
    for (const phone of this.#phones) this.#connectPhone(phone);
  }

  /** Does something at random. */
  step(): void {
    this.counts.steps++;
    const random = this.#random;
    const phone = this.#phones[random.int(0, this.#phones.length)] as Phone;
    const dice = random.float() * 1000;
    if (dice < 120) return this.#broadcast();
    if (dice < 220) return this.#send(phone);
    if (dice < 420) return this.#sendToHost(phone);
    if (dice < 620) return this.#deliverAtHost();
    if (dice < 900) return this.#deliverAt(phone);
    if (dice < 930) return this.#acknowledge(phone);
    if (dice < 970) return this.#trouble(phone);
    return this.#repair(phone);
  }

  /** Ends all trouble and delivers what there is; then everything must have arrived. */
  settle(): void {
    for (const phone of this.#phones) {
      if (phone.line?.cut) this.#learn(phone.line, 'client');
    }
    if (this.#hostLine?.cut) this.#learn(this.#hostLine, 'client');
    this.#connectHost();
    for (const phone of this.#phones) this.#connectPhone(phone);
    this.#drain();
    for (const phone of this.#phones) {
      expectSame(`to phone ${phone.id}`, phone.had.accounted(this.#hostPages), phone.sentTo);
      expectSame(`from phone ${phone.id}`, phone.atHost.accounted(phone.pages), phone.sent);
    }
  }

  #drain(): void {
    for (let round = 0; ; round++) {
      if (round > 1000) throw new Error('it never comes to rest');
      let busy = round < 2;
      for (let more = true; more; ) {
        const line = this.#hostLine;
        more = (line?.up.length ?? 0) + (line?.down.length ?? 0) > 0;
        this.#deliverAtHost();
        for (const phone of this.#phones) {
          more ||= (phone.line?.up.length ?? 0) + (phone.line?.down.length ?? 0) > 0;
          this.#deliverAt(phone);
        }
        busy ||= more;
      }
      for (const phone of this.#phones) {
        if (phone.end.peer === 0 && round < 2) phone.end.greetAgain();
        phone.end.acknowledge();
        this.#hostEnds.get(phone.id)?.acknowledge();
        if (this.#wakeUp(phone)) busy = true;
      }
      if (!busy) return;
    }
  }

  // What the games do.

  #broadcast(): void {
    const ids = this.#phones.filter(() => this.#random.chance(0.9)).map(({ id }) => id);
    for (const id of ids) this.#phone(id).sentTo++;
    const numbers = this.#phones.map(({ sentTo }) => sentTo);
    this.counts.sent += ids.length;
    this.#hub.send(ids, this.#message([this.#hostPages, ...numbers]));
  }

  #send(phone: Phone): void {
    phone.sentTo++;
    const numbers = this.#phones.map(({ sentTo }) => sentTo);
    this.counts.sent++;
    this.#hub.send([phone.id], this.#message([this.#hostPages, ...numbers]));
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
    this.#wakeUp(phone);
    if (phone.end.peer === 0 && phone.line?.clientKnows === false) phone.end.greetAgain();
  }

  /** Those who rest at a phone's line have rested; false if there are none. */
  #wakeUp(phone: Phone): boolean {
    const { rests, hostRests } = phone;
    phone.rests = false;
    phone.hostRests = false;
    if (rests) phone.end.rested();
    if (hostRests) this.#hostEnds.get(phone.id)?.rested();
    return rests || hostRests;
  }

  // What the lines and the relay do.

  #deliverAtHost(): void {
    const line = this.#hostLine;
    if (line === undefined || line.cut) return;
    const { random } = this;
    if (random.chance(0.5)) {
      const sent = line.up.shift();
      if (sent === undefined) return;
      for (const id of sent.to) this.#relayToPhone(this.#phone(id), sent.frame);
    } else {
      const got = line.down.shift();
      if (got !== undefined) this.#hostEnds.get(got.from)?.receive(got.frame, got.from);
    }
  }

  #deliverAt(phone: Phone): void {
    const { line } = phone;
    if (line === undefined || line.cut) return;
    if (this.random.chance(0.5)) {
      const sent = line.up.shift();
      if (sent !== undefined) this.#relayToHost(phone.id, sent.frame);
    } else {
      const got = line.down.shift();
      if (got !== undefined) phone.end.receive(got.frame);
    }
  }

  get random(): Random {
    return this.#random;
  }

  #relayToPhone(phone: Phone, frame: Frame): void {
    const { line } = phone;
    if (line !== undefined && !line.relayKnows) {
      // Half-open: the relay writes into the void.
      if (!line.cut) line.down.push({ from: HOST, frame });
      return;
    }
    phone.kept.push(frame);
    if (phone.kept.length > this.#options.keep) phone.kept.shift();
  }

  #relayToHost(from: number, frame: Frame): void {
    const line = this.#hostLine;
    if (line === undefined || line.relayKnows) this.#keptForHost.push({ from, frame });
    else if (!line.cut) line.down.push({ from, frame });
  }

  // Trouble.

  #trouble(phone: Phone): void {
    const dice = this.random.float();
    if (dice < 0.35) return this.#cut(phone.line);
    if (dice < 0.6) return this.#cut(this.#hostLine);
    if (dice < 0.66) return this.#restartRelay();
    if (!this.#options.reloads || dice > 0.75) return;
    this.counts.reloads++;
    if (dice < 0.7) this.#reloadPhone(phone);
    else this.#reloadHost();
  }

  /** Something of what is under way still arrives, in each direction; the rest is lost. */
  #cut(line: Line | undefined): void {
    if (line === undefined || line.cut) return;
    this.counts.cuts++;
    const down = line.down.slice(0, this.random.int(0, line.down.length + 1));
    const up = line.up.slice(0, this.random.int(0, line.up.length + 1));
    const owner = this.#phones.find((phone) => phone.line === line);
    for (const { from, frame } of down) {
      if (owner !== undefined) owner.end.receive(frame);
      else this.#hostEnds.get(from)?.receive(frame, from);
    }
    for (const { to, frame } of up) {
      if (owner !== undefined) this.#relayToHost(owner.id, frame);
      else for (const id of to) this.#relayToPhone(this.#phone(id), frame);
    }
    line.cut = true;
    line.up.length = 0;
    line.down.length = 0;
  }

  #restartRelay(): void {
    this.counts.restarts++;
    this.#cut(this.#hostLine);
    for (const phone of this.#phones) {
      this.#cut(phone.line);
      phone.kept.length = 0;
    }
    this.#keptForHost.length = 0;
    for (const line of [this.#hostLine, ...this.#phones.map((phone) => phone.line)]) {
      if (line !== undefined) line.relayKnows = true;
    }
  }

  #repair(phone: Phone): void {
    const line = this.random.chance(0.3) ? this.#hostLine : phone.line;
    if (line?.cut && this.random.chance(0.6))
      this.#learn(line, this.random.chance(0.5) ? 'client' : 'relay');
    if (this.random.chance(0.5)) this.#connectPhone(phone);
    else this.#connectHost();
  }

  /** One end of a cut line is told. */
  #learn(line: Line, who: 'client' | 'relay'): void {
    if (who === 'relay') {
      line.relayKnows = true;
      return;
    }
    if (line.clientKnows) return;
    line.clientKnows = true;
    const owner = this.#phones.find((phone) => phone.line === line);
    if (owner !== undefined) owner.end.lineLost();
    else for (const end of this.#hostEnds.values()) end.lineLost();
  }

  /** Newest wins: the relay needs not to have noticed that the line before is gone. */
  #connectPhone(phone: Phone): void {
    if (phone.line !== undefined && !phone.line.clientKnows) return;
    const line = newLine();
    phone.line = line;
    for (const frame of phone.kept.splice(0)) line.down.push({ from: HOST, frame });
    phone.end.greet();
  }

  #connectHost(): void {
    if (this.#hostLine !== undefined && !this.#hostLine.clientKnows) return;
    const line = newLine();
    this.#hostLine = line;
    line.down.push(...this.#keptForHost.splice(0));
    for (const [id, end] of this.#hostEnds) if (end.peer !== 0) end.greet(id);
  }

  // Pages.

  #newHub(): Hub {
    const hub = new Hub(this.#options.limit, {
      send: (to, frame) => {
        const line = this.#hostLine;
        if (line !== undefined && !line.cut) line.up.push({ to, frame });
      },
      mark: () => this.#random.int(1, 0xffff_ffff),
    });
    return hub;
  }

  #openEnd(phone: Phone): void {
    const end = this.#hub.open(
      phone.id,
      {
        deliver: ({ body }) => {
          const [page = 0, number = 0] = new Uint32Array(body.slice().buffer);
          this.counts.received++;
          phone.atHost.take(page, number);
        },
        gap: (count) => {
          this.counts.gaps += count;
          phone.atHost.gap += count;
        },
        restarted: () => phone.atHost.newSender(),
        greeted: ({ from }) => void this.#marks.set(phone.id, from),
        acknowledgeLater: () => {
          phone.hostAckDue = true;
        },
        rest: () => {
          this.counts.rests++;
          phone.hostRests = true;
        },
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
      line: undefined,
      kept: [],
      had: new Receipts(),
      atHost: new Receipts(),
      sentTo: 0,
      hostAckDue: false,
      hostRests: false,
      ...this.#newPhonePage(id),
    };
    phone.pages = 1;
    this.#openEnd(phone);
    return phone;
  }

  #newPhonePage(id: number): Pick<Phone, 'end' | 'log' | 'sent' | 'ackDue' | 'rests'> {
    const log = new SendLog(this.#options.limit);
    const end = new End(this.#random.int(1, 0xffff_ffff), log.openQueue(), {
      send: (frame) => {
        const { line } = this.#phone(id);
        if (line !== undefined && !line.cut) line.up.push({ to: [HOST], frame });
      },
      deliver: ({ body }) => {
        const [page = 0, ...numbers] = new Uint32Array(body.slice().buffer);
        this.counts.received++;
        this.#phone(id).had.take(page, numbers[id - 1] ?? 0);
      },
      gap: (count) => {
        this.counts.gaps += count;
        this.#phone(id).had.gap += count;
      },
      restarted: () => this.#phone(id).had.newSender(),
      greeted: () => {},
      acknowledgeLater: () => {
        this.#phone(id).ackDue = true;
      },
      rest: () => {
        this.counts.rests++;
        this.#phone(id).rests = true;
      },
    });
    return { end, log, sent: 0, ackDue: false, rests: false };
  }

  #reloadPhone(phone: Phone): void {
    this.#cut(phone.line);
    if (phone.line !== undefined) phone.line.clientKnows = true;
    phone.pages++;
    Object.assign(phone, this.#newPhonePage(phone.id));
    phone.had.newReceiver();
  }

  #reloadHost(): void {
    this.#cut(this.#hostLine);
    if (this.#hostLine !== undefined) this.#hostLine.clientKnows = true;
    this.#hostPages++;
    this.#hub = this.#newHub();
    this.#hostEnds.clear();
    for (const phone of this.#phones) {
      phone.sentTo = 0;
      phone.atHost.newReceiver();
      phone.hostRests = false;
      this.#openEnd(phone);
    }
  }

  #phone(id: number): Phone {
    return this.#phones[id - 1] as Phone;
  }
}

function newLine(): Line {
  return { up: [], down: [], cut: false, clientKnows: false, relayKnows: false };
}

function expectSame(what: string, got: number, expected: number): void {
  if (got !== expected) throw new Error(`${what}: ${got} of ${expected} messages accounted for`);
}
