import type {
  Channel,
  ChannelOptions,
  Codec,
  Data,
  HostStatus,
  ListenerOptions,
  Seat,
  SeatEvents,
  Sendable,
  Status,
} from '../api.js';
import { randomMark } from '../browser.js';
import type { RelayAddress } from '../connection/relay-address.js';
import { RelayConnection } from '../connection/relay-connection.js';
import type { Resolved } from '../environment.js';
import type { RelayError } from '../errors/relay-error.js';
import { GameEvents } from '../game-events.js';
import { LazyChannels } from '../rtc/lazy-channels.js';
import { type Message, readFrame } from '../session/envelope.js';
import { toData, toMessage } from '../session/message.js';
import { ReliableSession } from '../session/reliable-session.js';
import { sessionTimers } from '../session/session-timers.js';
import type { PageMemory } from '../storage/page-memory.js';
import { GREETING_TIME, HostLink } from './host-link.js';
import { RoomWatch } from './room-watch.js';
import type { SeatMemory } from './seat-memory.js';
import { SeatSender } from './seat-sender.js';

/** What a room is joined with. */
export interface Joining {
  readonly environment: Resolved;
  readonly address: RelayAddress;
  readonly page: PageMemory;
  readonly code: string;
  readonly memory: SeatMemory;
  readonly plain: boolean;
  readonly codec: Codec | undefined;
  joined(seat: Seat): void;
  refused(error: unknown): void;
}

const EVENTS = [
  'message',
  'gap',
  'restart',
  'channel',
  'host',
  'status',
  'error',
  'close',
] as const satisfies readonly (keyof SeatEvents)[];

/** A player's seat: its connection to the relay, and the player's end of the session with the host. */
export class SeatConnection extends GameEvents<SeatEvents> implements Seat {
  readonly code: string;
  readonly #joining: Joining;
  readonly #connection: RelayConnection;
  readonly #sender: SeatSender;
  readonly #session: ReliableSession;
  readonly #host: HostLink;
  readonly #channels: LazyChannels;
  readonly #watch: RoomWatch;
  #id: number | undefined;
  #isJoined = false;
  #cancelGreeting = (): void => {};

  constructor(joining: Joining) {
    super(EVENTS, joining.codec);
    this.#joining = joining;
    this.code = joining.code;
    const { environment, address, code, memory } = joining;
    this.#sender = new SeatSender(environment.buffer);
    this.#session = this.#openSession();
    this.#host = new HostLink(environment.clock, this.#session, joining.page, memory);
    this.#channels = new LazyChannels({
      environment,
      address,
      // Without room in the buffer, the signal is dropped, and `openChannel` rejects.
      signal: (signal) => this.#sender.hasRoomFor(signal, this.#connection) && this.#send(signal),
      opened: (channel) => this.emit('channel', channel),
      failed: (error) => this.report(error),
    });
    const { key } = memory;
    const query = new URLSearchParams({ format: 'json', seat: key });
    this.#watch = new RoomWatch(environment.clock, address.page(`${code}?${query}`), (status) => {
      if (this.status !== 'closed') this.emit('host', status);
    });
    this.#connection = this.#openConnection();
    this.#connection.connect();
  }

  get id(): number | undefined {
    return this.#id;
  }

  get status(): Status {
    return this.#connection.status;
  }

  get host(): HostStatus {
    return this.#watch.host;
  }

  send(data: Sendable): void {
    const message = toMessage(this.#joining.codec?.encode(data) ?? data);
    if (this.status === 'closed') return;
    this.#sender.check(message, this.#watch.mostBytes, this.#connection);
    this.#send(message);
  }

  messages(options?: ListenerOptions): AsyncIterableIterator<Data> {
    return this.iterate(([data]) => data, options);
  }

  /** Gives up an attempt to join. */
  cancel(reason: unknown): void {
    this.#joining.refused(reason);
    this.#connection.close();
  }

  leave(): void {
    this.#connection.close();
  }

  openChannel(options?: ChannelOptions): Promise<Channel> {
    return this.#channels.open(this.#host.isExact, options);
  }

  #send(message: Message): void {
    if (this.status === 'closed') return;
    this.#sender.keep(message);
    if (this.#host.isExact) {
      this.#session.transmit(message);
      this.#watch.expectAck(this.#sender.queue, this.#connection);
    } else {
      this.#sendPlain();
    }
  }

  /** Sends what is buffered without envelopes, if the host is to be spoken to in this way. */
  #sendPlain(): void {
    if (this.#host.isExact || this.#host.isUnknown) return;
    this.#sender.sendPlain(this.#connection, !this.#joining.plain);
  }

  #openConnection(): RelayConnection {
    const { environment, address, code, memory } = this.#joining;
    return new RelayConnection(environment, {
      address: () => address.socket(`${code}?${new URLSearchParams({ seat: memory.key })}`),
      opened: () => this.#opened(),
      received: (data) => this.#received(data),
      lost: () => this.#lost(),
      closed: (error) => this.#closed(error),
      status: (status) => this.emit('status', status),
      probe: () => {
        if (!this.#host.isExact) return false;
        this.#session.ping();
        return true;
      },
      verify: () => this.#watch.hasConnection(this.#host.isExact),
    });
  }

  #opened(): void {
    const { environment, plain } = this.#joining;
    this.#host.connected();
    if (plain) this.#host.notGreeted();
    else this.#session.greetAgain();
    this.#sendPlain();
    // A relay that refuses says so at once, and a host with this SDK greets as soon as it can.
    this.#cancelGreeting = environment.clock.after(GREETING_TIME, () => this.#notGreeted());
  }

  #notGreeted(): void {
    if (this.#host.isExact) {
      if (!this.#session.agreed) void this.#watch.ask();
      return this.#join();
    }
    this.#checkAndJoin();
    if (this.#joining.plain) return;
    // The first greeting may be lost with the host's connection, and plain messages would be misread.
    if (this.#host.isUnknown) this.#session.greetAgain();
    this.#host.notGreeted();
    this.#sendPlain();
  }

  /** Joins the room of a plain host, which does not tell the relay's limits: the relay is asked. */
  async #checkAndJoin(): Promise<void> {
    this.#connection.settled();
    await this.#watch.ask();
    if (this.#connection.open) this.#join();
  }

  #join(): void {
    this.#connection.settled();
    if (this.#isJoined) return;
    this.#isJoined = true;
    this.#joining.joined(this);
  }

  #received(data: string | Uint8Array): void {
    if (this.#host.isExact) {
      this.#session.receive(data);
      // Buffered frames may be from a host that is gone; an answer to this page is not.
      if (this.#session.agreed) this.#watch.host = 'connected';
      return;
    }
    const frame = typeof data === 'string' || this.#joining.plain ? undefined : readFrame(data);
    if (frame?.is === 'greeting') {
      const { to, player } = frame.greeting;
      if (to === this.#session.self) return this.#session.receive(data);
      // A greeting without a player is from a player: a plain host has passed it on.
      if (player !== 0) return this.#host.greetedPreviousPage();
    } else if (frame !== undefined && this.#host.getsPreviousFrames) {
      return;
    }
    this.#receivedPlain(data);
  }

  #receivedPlain(data: string | Uint8Array): void {
    const wasUnknown = this.#host.isUnknown;
    this.#host.heardPlain();
    if (this.#isJoined) this.#watch.host = 'connected';
    else this.#checkAndJoin();
    if (wasUnknown) this.#sendPlain();
    // A listener may have left just now, and nothing comes after the close.
    if (this.status !== 'closed') this.emit('message', data);
  }

  #lost(): boolean {
    this.#cancelGreeting();
    this.#session.connectionLost();
    return this.#isJoined;
  }

  #closed(error: RelayError): void {
    this.#cancelGreeting();
    this.#channels.close();
    this.#joining.page.leave(error);
    if (this.#isJoined) this.emit('close', error);
    else this.#joining.refused(error);
  }

  #openSession(): ReliableSession {
    return new ReliableSession(randomMark(), this.#sender.queue, {
      ...sessionTimers(this.#joining.environment.clock, () => this.#session),
      send: (frame) => this.#connection.send(frame),
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
        this.#join();
        this.#host.remember(true);
      },
      limited: (bytes) => {
        this.#watch.mostBytes = bytes;
      },
    });
  }
}
