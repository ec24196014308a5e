import type { Channel, ChannelOptions, KickOptions, Player, RoomEvents, Sendable } from '../api.js';
import type { RelayAddress } from '../connection/relay-address.js';
import type { ResolvedEnvironment } from '../environment.js';
import type { ChannelError } from '../errors/channel-error.js';
import { LazyChannels } from '../rtc/lazy-channels.js';
import { type Message, readGreeting } from '../session/envelope.js';
import { toData } from '../session/message.js';
import type { ReliableSession } from '../session/reliable-session.js';
import type { SessionEffects } from '../session/session-effects.js';
import { sessionTimers } from '../session/session-timers.js';
import { About } from './about.js';
import type { PlainSender } from './plain-sender.js';
import type { PlayerSessions } from './player-sessions.js';
import type { RoomCommands } from './room-commands.js';
import { toKickFields } from './room-options.js';
import type { RoomStore } from './room-store.js';
import type { Shares } from './shares.js';

/** A player who sends nothing in this time counts as plain. In milliseconds. */
const GREETING_TIMEOUT = 1_000;

/** The parts of a room that its players use. */
export interface RoomContext {
  readonly environment: ResolvedEnvironment;
  readonly address: RelayAddress;
  readonly store: RoomStore;
  /** Sends to players with this SDK, and to those whose protocol is unknown. */
  readonly sessions: PlayerSessions;
  /** Sends to players without this SDK. */
  readonly plain: PlainSender;
  readonly commands: RoomCommands;
  readonly shares: Pick<Shares, 'all'>;
  /** The largest message of a player, without its envelope, in bytes; 0 if unknown. */
  maxFromPlayers(): number;
  emit<Name extends keyof RoomEvents>(name: Name, ...event: RoomEvents[Name]): void;
  send(data: Sendable, options: { readonly to: Iterable<Player> }): void;
  /** Emits an error. */
  report(error: ChannelError): void;
}

/** A signal that the player has not acknowledged yet. */
interface PendingSignal {
  /** Its number among the messages to the player. */
  readonly number: number;
  resolve(isReceived: boolean): void;
}

/**
 * How messages to a player are sent: `plain` without envelopes, `exact` with envelopes. It is `unknown`
 * until the player's first frame: a player with this SDK sends a greeting first.
 */
type Protocol = 'unknown' | 'plain' | 'exact';

/** One player, with the host's end of the session. */
export class RoomPlayer implements Player {
  readonly id: number;
  readonly #room: RoomContext;
  readonly #channels: LazyChannels;
  /** While the protocol is unknown, messages to the player are buffered in its queue. */
  #session: ReliableSession;
  #protocol: Protocol = 'unknown';
  readonly #about = new About();
  #rtt: number | undefined;
  #away = false;
  #hasLeft = false;
  #pendingSignals: readonly PendingSignal[] = [];
  #cancelGreeting = (): void => {};

  /** @param about what the player says about itself, as text */
  constructor(id: number, room: RoomContext, about: unknown) {
    this.id = id;
    this.#about.set(about);
    this.#room = room;
    const { environment, address, sessions } = room;
    this.#channels = new LazyChannels({
      environment,
      address,
      signal: (message) => sessions.send([id], message),
      opened: (channel) => room.emit('channel', this, channel),
      failed: (error) => room.report(error),
    });
    this.#session = this.#openSession();
    if (this.#session.peer !== 0) this.#protocol = 'exact';
    else
      this.#cancelGreeting = environment.clock.after(GREETING_TIMEOUT, () => this.#becomePlain());
  }

  get about(): unknown {
    return this.#about.value;
  }

  get rtt(): number | undefined {
    return this.#rtt;
  }

  get away(): boolean {
    return this.#away;
  }

  get exact(): boolean {
    return this.#protocol === 'exact';
  }

  get plain(): boolean {
    return this.#protocol === 'plain';
  }

  send(data: Sendable): void {
    this.#room.send(data, { to: [this] });
  }

  kick(options: KickOptions = {}): void {
    const fields = toKickFields('kick', options);
    // The command would be repeated on every new connection, without end.
    if (this.#hasLeft) return;
    // The relay closes the connection, but data channels do not pass through it.
    this.#channels.close();
    this.#room.commands.kick(this.id, fields);
  }

  /** Sends a signal. Resolves with whether the player has received it; false if it leaves before that. */
  deliver(signal: Message): Promise<boolean> {
    return new Promise((resolve) => {
      this.#room.sessions.send([this.id], signal);
      const number = this.#session.queue.last;
      this.#pendingSignals = [...this.#pendingSignals, { number, resolve }];
      // Requests the acknowledgement at once.
      this.#session.ping();
    });
  }

  /** Acknowledges the messages that have arrived, so that the player does not send them again. */
  acknowledge(): void {
    if (this.exact) this.#session.acknowledge();
  }

  openChannel(options?: ChannelOptions): Promise<Channel> {
    return this.#channels.open(this.exact, options);
  }

  /** Handles a frame of this player. */
  receive(data: string | Uint8Array): void {
    const isGreeting = typeof data !== 'string' && readGreeting(data) !== undefined;
    if (isGreeting && !this.exact) this.#becomeExact();
    if (this.#protocol === 'unknown') this.#becomePlain();
    if (this.plain) return this.#room.emit('message', this, data);
    this.#session.receive(data);
  }

  setAbout(text: unknown): void {
    if (this.#about.set(text)) this.#room.emit('about', this);
  }

  setAway(away: boolean): void {
    if (this.#away === away) return;
    this.#away = away;
    // From now on, messages are buffered here until the greeting, and not at the relay as well.
    if (away) this.connectionLost();
    this.#room.emit(away ? 'away' : 'back', this);
  }

  /** A connection between host and player is lost. */
  connectionLost(): void {
    this.#session.connectionLost();
  }

  /** The host has a new connection: asks the player where to continue, if it uses this SDK. */
  greet(): void {
    if (this.exact && !this.#away) this.#session.greet();
  }

  /** The player has left for good: removes everything that is stored for this player. */
  leave(): void {
    this.#hasLeft = true;
    const { sessions, store, commands } = this.#room;
    sessions.close(this.id);
    store.forget(this.id);
    commands.forget(this.id);
    this.close();
  }

  /** The room has ended for this player. */
  close(): void {
    this.#cancelGreeting();
    this.#channels.close();
    this.#settleSignals((_number) => false);
  }

  /** @param isReceived whether the player has received this message; `undefined` if that is not known yet */
  #settleSignals(isReceived: (number: number) => boolean | undefined): void {
    const pending = this.#pendingSignals;
    if (pending.length === 0) return;
    this.#pendingSignals = pending.filter(({ number }) => isReceived(number) === undefined);
    for (const { number, resolve } of pending) {
      const result = isReceived(number);
      if (result !== undefined) resolve(result);
    }
  }

  /** The player's first frame was not a greeting, or there was none in time. */
  #becomePlain(): void {
    // The game's own clock may call although the timer was cancelled.
    if (this.#protocol !== 'unknown') return;
    this.#cancelGreeting();
    this.#protocol = 'plain';
    const lost = this.#session.queue.next - 1;
    if (lost > 0) this.#room.emit('lost', this, lost);
    for (const message of this.#session.queue.messages()) this.#room.plain.send([this.id], message);
    this.#room.sessions.close(this.id);
  }

  #becomeExact(): void {
    this.#cancelGreeting();
    if (this.plain) {
      this.#session = this.#openSession();
      const { sessions, plain } = this.#room;
      // From now on, the player expects envelopes.
      for (const message of plain.take(this.id)) sessions.send([this.id], message);
    }
    this.#protocol = 'exact';
  }

  /** Opens a new session, which replaces the previous one. */
  #openSession(): ReliableSession {
    const { id } = this;
    const { environment, store, sessions, emit } = this.#room;
    const effects = {
      ...sessionTimers(environment.clock, () => this.#session),
      deliver: (message) => {
        if (message.kind === 'signal') this.#channels.receive(message);
        else emit('message', this, toData(message));
      },
      gap: (count) => emit('gap', this, count),
      restarted: () => {
        this.#channels.restart();
        // Until the answer to the new page, messages are only buffered: it could not read them.
        this.connectionLost();
        this.#sendShares();
        emit('restart', this);
      },
      greeted: ({ from }) => store.setMark(id, from),
      lost: (count) => {
        this.#sendShares();
        emit('lost', this, count);
      },
      acked: (count) => this.#settleSignals((number) => number <= count || undefined),
      measured: (rtt) => {
        this.#rtt = rtt;
      },
      maxBytes: () => this.#room.maxFromPlayers(),
    } satisfies Omit<SessionEffects, 'send' | 'player'>;
    const session = sessions.open(id, effects, store.markOf(id));
    this.#sendShares();
    return session;
  }

  /** Sends what the host has shared to a player who has nothing of it, or has missed a part. */
  #sendShares(): void {
    const { sessions, shares } = this.#room;
    for (const message of shares.all) sessions.send([this.id], message);
  }
}
