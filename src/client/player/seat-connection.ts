import type {
  Channel,
  ChannelOptions,
  Data,
  HostStatus,
  ListenerOptions,
  Seat,
  SeatEvents,
  Sendable,
  Status,
} from '../api.js';
import { randomMark } from '../browser.js';
import { RelayConnection } from '../connection/relay-connection.js';
import type { RelayError } from '../errors/relay-error.js';
import { GuestEvents } from '../guest-events.js';
import { LazyChannels } from '../rtc/lazy-channels.js';
import { type Message, readFrame } from '../session/envelope.js';
import { toData, toMessage } from '../session/message.js';
import { ReliableSession } from '../session/reliable-session.js';
import { ANSWERS_TIME } from '../session/round-trip.js';
import { sessionTimers } from '../session/session-timers.js';
import { readItem, readStoredFrame } from '../shared/item.js';
import { HostClock } from './host-clock.js';
import { GREETING_TIMEOUT, HostProtocol } from './host-protocol.js';
import { infoUrl, type Joining, seatPath } from './joining.js';
import { readHeir } from './read-heir.js';
import { POLL_INTERVAL, RoomMonitor } from './room-monitor.js';
import { EVENTS } from './seat-events.js';
import { SeatSender } from './seat-sender.js';

/** A player's seat: its connection to the relay, and the player's end of the session with the host. */
export class SeatConnection extends GuestEvents<SeatEvents> implements Seat {
  readonly code: string;
  readonly #joining: Joining;
  readonly #connection: RelayConnection;
  readonly #sender: SeatSender;
  readonly #session: ReliableSession;
  readonly #protocol: HostProtocol;
  readonly #channels: LazyChannels;
  readonly #monitor: RoomMonitor;
  readonly #hostClock: HostClock;
  #id: number | undefined;
  #isJoined = false;
  #cancelGreeting = (): void => {};

  constructor(joining: Joining) {
    super(EVENTS, joining.codec);
    this.#joining = joining;
    this.code = joining.code;
    const { environment, address, stored } = joining;
    this.#sender = new SeatSender(environment.buffer);
    this.#session = this.#openSession();
    this.#hostClock = new HostClock(environment.clock, () => this.#session.roundTrip.measure());
    this.#protocol = new HostProtocol(environment.clock, this.#session, joining.page, stored);
    this.#channels = new LazyChannels({
      environment,
      address,
      // If the send buffer is full, the signal is dropped, and `openChannel` rejects.
      signal: (signal) => this.#sender.fits(signal, this.#connection) && this.#send(signal),
      opened: (channel) => this.emit('channel', channel),
      failed: (error) => this.report(error),
    });
    this.#monitor = new RoomMonitor(environment.clock, infoUrl(joining), (status) =>
      this.emitOpen('host', status),
    );
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
    return this.#monitor.host;
  }

  hostTime(): number | undefined {
    return this.#hostClock.time;
  }

  send(data: Sendable): void {
    const message = toMessage(this.#joining.codec?.encode(data) ?? data);
    if (this.status === 'closed') return;
    this.#sender.check(message, this.#monitor.maxBytes, this.#connection);
    this.#send(message);
  }

  messages(options?: ListenerOptions): AsyncIterableIterator<Data> {
    return this.iterate(([data]) => data, options);
  }

  /** Cancels the attempt to join. */
  cancel(reason: unknown): void {
    this.#joining.refused(reason);
    this.#connection.close();
  }

  leave(): void {
    this.#connection.close();
  }

  openChannel(options?: ChannelOptions): Promise<Channel> {
    return this.#channels.open(this.#protocol.isExact, options);
  }

  #send(message: Message): void {
    if (this.status === 'closed') return;
    this.#sender.buffer(message);
    if (this.#protocol.isExact) {
      this.#session.transmit(message);
      this.#monitor.expectAck(this.#sender.queue, this.#connection);
    } else {
      this.#sendUnwrapped();
    }
  }

  /** Sends the buffered messages without envelopes, if the host counts as plain. */
  #sendUnwrapped(): void {
    if (this.#protocol.isExact || this.#protocol.isUnknown) return;
    this.#sender.sendPlain(this.#connection, !this.#joining.plain);
  }

  #openConnection(): RelayConnection {
    return new RelayConnection(this.#joining.environment, {
      address: this.#joining.address,
      path: () => seatPath(this.#joining, this.#isJoined),
      secret: () => this.#joining.stored.key,
      opened: () => this.#opened(),
      received: (data) => this.#received(data),
      lost: () => this.#lost(),
      closed: (error) => this.#closed(error),
      status: (status) => this.emit('status', status),
      probe: () => {
        if (!this.#protocol.isExact) return false;
        this.#session.ping();
        return true;
      },
      verify: () => this.#monitor.hasConnection(this.#protocol.isExact),
    });
  }

  #opened(): void {
    const { environment, plain } = this.#joining;
    this.#protocol.connected();
    if (plain) this.#protocol.notGreeted();
    else this.#session.greetAgain();
    this.#sendUnwrapped();
    // By then, a relay that refuses has closed the connection, and a host with this SDK has greeted.
    this.#cancelGreeting = environment.clock.after(GREETING_TIMEOUT, () =>
      this.#greetingTimedOut(),
    );
  }

  #greetingTimedOut(): void {
    if (this.#protocol.isExact) {
      if (!this.#session.agreed) void this.#monitor.poll();
      return this.#join();
    }
    this.#joinPlainHost();
    if (this.#joining.plain) return;
    // The first greeting may have been lost with the host's connection, and a host with this SDK
    // expects envelopes.
    if (this.#protocol.isUnknown) this.#session.greetAgain();
    this.#protocol.notGreeted();
    this.#sendUnwrapped();
  }

  /** Joins the room of a plain host. It does not announce the limits, so the relay is asked for them. */
  async #joinPlainHost(): Promise<void> {
    if (this.#isJoined) this.#connection.accepted();
    const { asking } = await this.#monitor.poll();
    if (!this.#connection.open) return;
    if (this.#isJoined || !asking) return this.#join();
    // The host is asked, and has not admitted this player yet. A host with this SDK then greets.
    this.#cancelGreeting = this.#joining.environment.clock.after(POLL_INTERVAL, () =>
      this.#greetingTimedOut(),
    );
  }

  #join(): void {
    this.#connection.accepted();
    if (this.#isJoined) return;
    this.#isJoined = true;
    this.#joining.joined(this);
  }

  #received(data: string | Uint8Array): void {
    const stored = typeof data === 'string' ? undefined : readStoredFrame(data);
    if (stored !== undefined) return this.shares.receive(stored);
    if (this.#protocol.isExact) {
      this.#session.receive(data);
      // Buffered frames may be from a host that is disconnected; an answer to this page is not.
      if (this.#session.agreed) this.#monitor.host = 'connected';
      return;
    }
    const frame = typeof data === 'string' || this.#joining.plain ? undefined : readFrame(data);
    if (frame?.is === 'greeting') {
      const { to, player } = frame.greeting;
      if (to === this.#session.self) return this.#session.receive(data);
      // A greeting without a player's id is from a player: a plain host has forwarded it.
      if (player !== 0) return this.#protocol.greetedPreviousPage();
    } else if (frame !== undefined && this.#protocol.mayGetOldFrames) {
      return;
    }
    this.#receivedUnwrapped(data);
  }

  #receivedUnwrapped(data: string | Uint8Array): void {
    const wasUnknown = this.#protocol.isUnknown;
    this.#protocol.gotPlain();
    if (this.#isJoined) this.#monitor.host = 'connected';
    else this.#joinPlainHost();
    if (wasUnknown) this.#sendUnwrapped();
    this.emitOpen('message', data);
  }

  #receivedSignal(signal: Message): void {
    const item = readItem(signal.body);
    if (item !== undefined) return this.shares.receive(item);
    const given = readHeir(signal);
    if (given === undefined) this.#channels.receive(signal);
    else this.emitSized(signal.body.length, 'heir', given);
  }

  #lost(): boolean {
    this.#cancelGreeting();
    this.#session.connectionLost();
    return this.#isJoined;
  }

  #closed(error: RelayError): void {
    this.#cancelGreeting();
    this.#hostClock.stop();
    this.#monitor.stop();
    this.#channels.close();
    this.#joining.page.closed(error);
    if (!this.#isJoined) return this.#joining.refused(error);
    this.#joining.closed(error);
    this.emit('close', error);
  }

  #openSession(): ReliableSession {
    return new ReliableSession(randomMark(), this.#sender.queue, {
      ...sessionTimers(this.#joining.environment.clock, () => this.#session),
      send: (frame) => this.#connection.send(frame),
      deliver: (message) => {
        if (message.kind === 'signal') this.#receivedSignal(message);
        else this.emit('message', toData(message));
      },
      gap: (count) => this.emit('gap', count),
      restarted: () => {
        this.#channels.restart();
        this.#hostClock.reset();
        this.emit('restart');
      },
      greeted: ({ player }) => {
        // A listener of `gap` or `restart` may just have called `leave`.
        if (this.status === 'closed') return;
        this.#id = player || this.#id;
        this.#join();
        this.#protocol.store(true);
      },
      notice: ({ next, origin }) => {
        this.#monitor.maxBytes = next;
        if (origin === ANSWERS_TIME) this.#hostClock.start();
      },
      measured: (rtt, time) => this.#hostClock.add(rtt, time),
    });
  }
}
