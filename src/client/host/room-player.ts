import type { Channel, ChannelOptions, Player, RoomEvents, Sendable } from '../api.js';
import type { RelayAddress } from '../connection/relay-address.js';
import type { Resolved } from '../environment.js';
import type { ChannelError } from '../errors/channel-error.js';
import { LazyChannels } from '../rtc/lazy-channels.js';
import { readGreeting } from '../session/envelope.js';
import { toData } from '../session/message.js';
import type { ReliableSession } from '../session/reliable-session.js';
import type { SessionEffects } from '../session/session-effects.js';
import { sessionTimers } from '../session/session-timers.js';
import type { PlainSender } from './plain-sender.js';
import type { PlayerSessions } from './player-sessions.js';
import type { RoomCommands } from './room-commands.js';
import type { RoomMemory } from './room-memory.js';

/** How long a silent player has for its greeting; after that, it is a plain one. In milliseconds. */
const GREETING_TIME = 1_000;

/** What players need of their room. */
export interface RoomContext {
  readonly environment: Resolved;
  readonly address: RelayAddress;
  readonly memory: RoomMemory;
  /** Sends to players with this SDK, and to those of whom it is not known yet. */
  readonly sessions: PlayerSessions;
  /** Sends to players without it. */
  readonly plain: PlainSender;
  readonly commands: RoomCommands;
  /** The largest message of a player, without its envelope, in bytes; 0 if unknown. */
  mostFromPlayers(): number;
  emit<Name extends keyof RoomEvents>(name: Name, ...event: RoomEvents[Name]): void;
  send(data: Sendable, options: { readonly to: Iterable<Player> }): void;
  /** Emits an error. */
  report(error: ChannelError): void;
}

/**
 * How the host talks to a player: without envelopes, with envelopes, or not known yet. A player with
 * this SDK greets before it sends anything else.
 */
type Protocol = 'unknown' | 'plain' | 'exact';

/** One player, as the host's end of the session. */
export class RoomPlayer implements Player {
  readonly id: number;
  readonly #room: RoomContext;
  readonly #channels: LazyChannels;
  /** While the protocol is unknown, messages to the player are buffered in its queue. */
  #session: ReliableSession;
  #protocol: Protocol = 'unknown';
  #away = false;
  #hasLeft = false;
  #cancelGreeting = (): void => {};

  constructor(id: number, room: RoomContext) {
    this.id = id;
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
    else this.#cancelGreeting = environment.clock.after(GREETING_TIME, () => this.#becomePlain());
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

  kick(): void {
    // The command would be repeated on every new connection.
    if (this.#hasLeft) return;
    // The relay is about to close everything else, but data channels do not pass through it.
    this.#channels.close();
    this.#room.commands.kick(this.id);
  }

  openChannel(options?: ChannelOptions): Promise<Channel> {
    return this.#channels.open(this.exact, options);
  }

  /** Takes a message of this player from the relay. */
  receive(data: string | Uint8Array): void {
    const greets = typeof data !== 'string' && readGreeting(data) !== undefined;
    if (greets && !this.exact) this.#becomeExact();
    if (this.#protocol === 'unknown') this.#becomePlain();
    if (this.plain) return this.#room.emit('message', this, data);
    this.#session.receive(data);
  }

  setAway(away: boolean): void {
    if (this.#away === away) return;
    this.#away = away;
    // From now on, messages are buffered here until the greeting, and not also at the relay.
    if (away) this.connectionLost();
    this.#room.emit(away ? 'away' : 'back', this);
  }

  /** A connection between the two ends is lost. */
  connectionLost(): void {
    this.#session.connectionLost();
  }

  /** The host has a new connection: asks a player with this SDK where to continue. */
  greet(): void {
    if (this.exact && !this.#away) this.#session.greet();
  }

  /** The player has left for good: removes everything that is kept for it. */
  leave(): void {
    this.#hasLeft = true;
    const { sessions, memory, commands } = this.#room;
    sessions.close(this.id);
    memory.forget(this.id);
    commands.forget(this.id);
    this.close();
  }

  /** The room has ended for this player. */
  close(): void {
    this.#cancelGreeting();
    this.#channels.close();
  }

  /** The player has sent something else than a greeting, or has not greeted in time. */
  #becomePlain(): void {
    // A clock that was passed in may call although it was cancelled.
    if (this.#protocol !== 'unknown') return;
    this.#cancelGreeting();
    this.#protocol = 'plain';
    const lost = this.#session.queue.next - 1;
    if (lost > 0) this.#room.emit('lost', this, lost);
    for (const message of this.#session.queue.kept()) this.#room.plain.send([this.id], message);
    this.#room.sessions.close(this.id);
  }

  #becomeExact(): void {
    this.#cancelGreeting();
    if (this.plain) {
      this.#session = this.#openSession();
      const { sessions, plain } = this.#room;
      // From now on, the player would misread messages without envelopes.
      for (const message of plain.take(this.id)) sessions.send([this.id], message);
    }
    this.#protocol = 'exact';
  }

  /** Opens a new session, which replaces the previous one. */
  #openSession(): ReliableSession {
    const { id } = this;
    const { environment, memory, sessions, emit } = this.#room;
    const effects = {
      ...sessionTimers(environment.clock, () => this.#session),
      deliver: (message) => {
        if (message.kind === 'signal') this.#channels.receive(message);
        else emit('message', this, toData(message));
      },
      gap: (count) => emit('gap', this, count),
      restarted: () => {
        this.#channels.restart();
        emit('restart', this);
      },
      greeted: ({ from }) => memory.setMark(id, from),
      lost: (count) => emit('lost', this, count),
      mostBytes: () => this.#room.mostFromPlayers(),
    } satisfies Omit<SessionEffects, 'send' | 'player'>;
    return sessions.open(id, effects, memory.markOf(id));
  }
}
