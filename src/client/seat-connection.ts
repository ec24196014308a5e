import type { Channel, ChannelOptions, Data, Seat, SeatEvents, Status } from './api.js';
import { ChannelError } from './channel-error.js';
import { Channels } from './channels.js';
import { Events } from './emitter.js';
import { type Resolved, randomMark } from './environment.js';
import { End } from './exactly-once/end.js';
import { type Message, readFrame } from './exactly-once/envelope.js';
import { SendLog, type SendQueue } from './exactly-once/send-log.js';
import type { Keepsake } from './keepsake.js';
import { Line } from './line.js';
import { toData, toFrame, toMessage } from './message.js';
import type { RelayAddress } from './relay-address.js';
import type { RelayError } from './relay-error.js';
import { type SeatMemory, writeSeat } from './seat-memory.js';
import { ACKNOWLEDGE_AFTER, REST } from './timing.js';

/** How long to wait for the host's greeting before it is taken for a plain one, in milliseconds. */
const GREETING_TIME = 500;

/**
 * How long after it has connected a page may still get frames for the page before, in milliseconds.
 * The relay may have kept much of them, and the line may be slow.
 */
const FRAMES_FOR_BEFORE = 30_000;

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
  #openedAt = 0;
  /** Whether the host has greeted the page before this one, before it said anything plain. */
  #greetsBefore = false;
  #heardPlain = false;
  /** Whether it was, or will be, asked again for that. */
  #asksAgain = false;

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
    this.#openedAt = this.#environment.clock.now();
    this.#asksAgain = false;
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
    if (this.#end.peer !== 0) return this.#end.receive(data);
    const frame = typeof data === 'string' || this.#joining.plain ? undefined : readFrame(data);
    if (frame?.is === 'greeting') {
      const { to, player } = frame.greeting;
      if (to === this.#end.self) return this.#end.receive(data);
      // One without a player is one of a player, which a plain host passes on.
      if (player !== 0) return this.#greetedBefore();
    } else if (frame !== undefined && this.#getsFramesForBefore) {
      return;
    }
    this.#receivedPlain(data);
  }

  /** A page that was reloaded gets first what the relay has kept for the page before. */
  get #getsFramesForBefore(): boolean {
    const time = this.#environment.clock.now() - this.#openedAt;
    return time < FRAMES_FOR_BEFORE && (this.#memory.hostIsExact || this.#greetsBefore);
  }

  /**
   * A greeting for the page before was kept for it; or the host is back, and what this page has
   * asked was lost with the host's line. So it asks again. It never takes the other end from such a
   * greeting: anybody can write one, and a plain host may pass it on to all.
   */
  #greetedBefore(): void {
    this.#greetsBefore = !this.#heardPlain;
    if (this.#asksAgain) return;
    this.#asksAgain = true;
    this.#environment.clock.after(GREETING_TIME, () => {
      if (this.#end.peer === 0) this.#end.greetAgain();
      // A plain host that passes on one such greeting after the other is asked once on each line.
      if (this.#memory.hostIsExact) this.#asksAgain = false;
    });
  }

  #receivedPlain(data: string | Uint8Array): void {
    this.#heardPlain = true;
    this.#greetsBefore = false;
    this.#rememberHost(false);
    this.#nowIn();
    if (!this.#speaksPlain) this.#hostIsPlain();
    // A listener may have left just now, and nothing comes after the close.
    if (this.status !== 'closed') this.emit('message', data);
  }

  /** The next page is to know what it gets before it is greeted. */
  #rememberHost(hostIsExact: boolean): void {
    if (this.#memory.hostIsExact === hostIsExact) return;
    this.#memory = { ...this.#memory, hostIsExact };
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
        // A listener may have left just now, at a gap or a restart.
        if (this.status === 'closed') return;
        this.#id = player || this.#id;
        this.#rememberHost(true);
        this.#nowIn();
      },
      acknowledgeLater: () => {
        this.#environment.clock.after(ACKNOWLEDGE_AFTER, () => this.#end.acknowledge());
      },
      rest: () => void this.#environment.clock.after(REST, () => this.#end.rested()),
    });
  }
}
