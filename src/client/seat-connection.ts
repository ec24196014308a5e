import type { Channel, ChannelOptions, Data, Seat, SeatEvents, Status } from './api.js';
import { ChannelError } from './channel-error.js';
import { Channels } from './channels.js';
import { Events } from './emitter.js';
import { type Resolved, randomMark } from './environment.js';
import { End } from './exactly-once/end.js';
import { type Message, readGreeting } from './exactly-once/envelope.js';
import { SendLog, type SendQueue } from './exactly-once/send-log.js';
import type { Keepsake } from './keepsake.js';
import { Line } from './line.js';
import { toData, toMessage } from './message.js';
import type { RelayAddress } from './relay-address.js';
import type { RelayError } from './relay-error.js';
import { type SeatMemory, writeSeat } from './seat-memory.js';
import { ACKNOWLEDGE_AFTER, REST } from './timing.js';

/** How long to wait for the host's greeting before it is taken for a plain one, in milliseconds. */
const GREETING_TIME = 500;

/** What a room is joined with. */
export interface Joining {
  readonly environment: Resolved;
  readonly address: RelayAddress;
  readonly keepsake: Keepsake;
  readonly code: string;
  readonly memory: SeatMemory;
  readonly plain: boolean;
  joined(seat: Seat): void;
  refused(error: RelayError): void;
}

/** A player's connection, and the end of the conversation with the host. */
export class SeatConnection extends Events<SeatEvents> implements Seat {
  readonly code: string;
  readonly #joining: Joining;
  readonly #environment: Resolved;
  readonly #line: Line;
  readonly #log: SendLog;
  readonly #queue: SendQueue;
  readonly #end: End;
  readonly #channels: Channels;
  #id: number | undefined;
  #memory: SeatMemory;
  #isIn = false;
  /** Whether the host is spoken to without envelopes, until it greets. */
  #speaksPlain = false;
  /** The number of the last message that went out without an envelope. */
  #lastPlain = 0;
  #cancelGreeting = (): void => {};

  constructor(joining: Joining) {
    super();
    this.#joining = joining;
    this.code = joining.code;
    const { environment, address, code, memory } = joining;
    this.#environment = environment;
    this.#memory = memory;
    this.#log = new SendLog(environment.buffer);
    this.#queue = this.#log.openQueue();
    this.#end = this.#newEnd();
    this.#channels = new Channels(environment, address, {
      signal: (signal) => this.#send(signal),
      opened: (channel) => this.emit('channel', channel),
    });
    this.#line = new Line(environment, {
      address: () => address.socket(code, { seat: memory.key }),
      opened: () => this.#opened(),
      received: (data) => this.#received(data),
      lost: (error) => this.#lost(error),
      closed: (error) => this.#closed(error),
      status: (status) => this.emit('status', status),
      probe: () => {
        if (this.#end.peer === 0) return false;
        this.#end.ping();
        return true;
      },
    });
    this.#line.connect();
  }

  get id(): number | undefined {
    return this.#id;
  }

  get status(): Status {
    return this.#line.status;
  }

  send(data: Data): void {
    this.#send(toMessage(data));
  }

  leave(): void {
    this.#line.close();
  }

  openChannel(options: ChannelOptions = {}): Promise<Channel> {
    if (this.#end.peer === 0) return Promise.reject(new ChannelError('plain'));
    return this.#channels.open(options);
  }

  #send(message: Message): void {
    if (this.status === 'closed') return;
    this.#log.add(message, [this.#queue]);
    if (this.#end.peer !== 0) this.#end.transmit(message);
    else if (this.#speaksPlain) this.#sendPlain();
  }

  /** Sends what was not sent yet. It stays in the queue: the host may greet yet, and lack it. */
  #sendPlain(): void {
    if (!this.#line.open) return;
    for (const message of this.#queue.kept(this.#lastPlain + 1)) {
      if (message.kind !== 'signal') this.#line.send(toFrame(message));
    }
    this.#lastPlain = this.#queue.last;
    if (this.#joining.plain) this.#queue.clear();
  }

  #opened(): void {
    if (this.#joining.plain) this.#speaksPlain = true;
    else this.#end.greetAgain();
    if (this.#speaksPlain && this.#end.peer === 0) this.#sendPlain();
    // A relay that refuses says so at once; and a host with this SDK greets as soon as it can.
    this.#cancelGreeting = this.#environment.clock.after(GREETING_TIME, () => this.#notGreeted());
  }

  #notGreeted(): void {
    this.#nowIn();
    if (this.#end.peer !== 0 || this.#joining.plain) return;
    // The first greeting may be lost with the host's line, and what follows would be misread.
    if (!this.#speaksPlain) this.#end.greetAgain();
    this.#hostIsPlain();
  }

  #hostIsPlain(): void {
    this.#speaksPlain = true;
    this.#sendPlain();
  }

  #nowIn(): void {
    this.#line.settled();
    if (this.#isIn) return;
    this.#isIn = true;
    this.#joining.joined(this);
  }

  #received(data: string | Uint8Array): void {
    if (this.#isEnvelope(data)) return this.#end.receive(data);
    this.#nowIn();
    if (!this.#speaksPlain) this.#hostIsPlain();
    this.emit('message', data);
  }

  /** Before the host greets, its plain messages come as they are. */
  #isEnvelope(data: string | Uint8Array): boolean {
    if (this.#joining.plain) return false;
    if (this.#end.peer !== 0) return true;
    if (typeof data === 'string') return false;
    // A page that was reloaded gets what was meant for the page before: it is in envelopes, too.
    if (this.#memory.hostIsExact) return true;
    // A greeting without a player is one of a player, which a plain host passes on.
    return Boolean(readGreeting(data)?.player);
  }

  /** The next page is to know what it gets before it is greeted. */
  #rememberHost(): void {
    if (this.#memory.hostIsExact) return;
    this.#memory = { ...this.#memory, hostIsExact: true };
    this.#joining.keepsake.keep(writeSeat(this.#memory));
  }

  #lost(error: RelayError): boolean {
    this.#cancelGreeting();
    this.#end.lineLost();
    // What is called `later` is a seat that is lost, but for a relay that has too much to do.
    return this.#isIn && (error.retry === 'yes' || error.what === 'tooManyAttempts');
  }

  #closed(error: RelayError): void {
    this.#cancelGreeting();
    this.#channels.close();
    // An attempt that may yet succeed is to find the seat.
    if (error.retry === 'no') this.#joining.keepsake.drop();
    else this.#joining.keepsake.release();
    if (this.#isIn) this.emit('close', error);
    else this.#joining.refused(error);
  }

  #newEnd(): End {
    return new End(randomMark(), this.#queue, {
      send: (frame) => this.#line.send(frame),
      deliver: (message) => {
        if (message.kind === 'signal') this.#channels.receive(message);
        else this.emit('message', toData(message));
      },
      gap: (count) => this.emit('gap', count),
      restarted: () => {
        this.#channels.restart();
        this.emit('restart');
      },
      greeted: ({ player }) => {
        this.#id = player || this.#id;
        this.#rememberHost();
        this.#nowIn();
      },
      acknowledgeLater: () => {
        this.#environment.clock.after(ACKNOWLEDGE_AFTER, () => this.#end.acknowledge());
      },
      rest: () => void this.#environment.clock.after(REST, () => this.#end.rested()),
    });
  }
}

/** As it is on the wire without an envelope. */
export function toFrame(message: Message): string | Uint8Array<ArrayBuffer> {
  const data = toData(message);
  return typeof data === 'string' ? data : new Uint8Array(data);
}
