import type {
  Candidate,
  Codec,
  Data,
  ListenerOptions,
  Player,
  Room,
  RoomChanges,
  Sendable,
  Status,
} from '../api.js';
import { checkOptions } from '../check-options.js';
import type { RelayAddress } from '../connection/relay-address.js';
import { RelayConnection } from '../connection/relay-connection.js';
import type { ResolvedEnvironment } from '../environment.js';
import { UNSUPPORTED } from '../errors/closes.js';
import { CommandError } from '../errors/command-error.js';
import { RelayError } from '../errors/relay-error.js';
import { toMessage } from '../session/message.js';
import type { PageStore } from '../storage/page-store.js';
import { encode } from './cbor.js';
import { hostPath } from './host-url.js';
import { Inheritance } from './inheritance.js';
import { Members } from './members.js';
import { PlayerEvents } from './player-events.js';
import { readEvent, type UncheckedEvent } from './relay-event.js';
import { type Command, RoomCommands } from './room-commands.js';
import { missingFeatures, type RequestedRoom, toSetFields } from './room-options.js';
import { RoomSender } from './room-sender.js';
import { type RoomSettings, RoomStore, type StoredRoom } from './room-store.js';
import { RoomValues } from './room-values.js';

/** A request to open or resume a room. */
export interface Opening extends RequestedRoom {
  readonly environment: ResolvedEnvironment;
  readonly address: RelayAddress;
  readonly page: PageStore;
  readonly token: string | undefined;
  /** Authorizes a program that the relay has started to open its room. */
  readonly launch: string | undefined;
  readonly settings: RoomSettings;
  /** The room to resume. */
  readonly saved: StoredRoom | undefined;
  readonly codec: Codec | undefined;
  opened(room: Room): void;
  refused(error: unknown): void;
}

/** The host's room: its connection to the relay, its players and its sessions with them. */
export class RoomConnection extends PlayerEvents implements Room {
  readonly #opening: Opening;
  readonly #connection: RelayConnection;
  readonly #store: RoomStore;
  readonly #members: Members;
  readonly #sender: RoomSender;
  readonly #commands: RoomCommands;
  readonly #values: RoomValues;
  readonly #inheritance: Inheritance;
  #isOpen = false;
  /** Whether the relay has answered `prepare`, or has resumed the room, on this connection. */
  #isConfirmed = false;
  /** Whether the first `state` on this connection has been handled. */
  #isSynced = false;
  readonly #sendCommand = (command: Command): void => this.#connection.send(encode(command));

  constructor(opening: Opening) {
    super(opening.codec);
    this.#opening = opening;
    this.#values = new RoomValues(opening.name);
    const { environment, address, page, settings, hold } = opening;
    this.#store = new RoomStore(page, settings, opening.saved);
    this.#sender = new RoomSender(environment.buffer, {
      sendCommand: this.#sendCommand,
      lost: (id) => {
        for (const player of this.#members.roster.find([id])) this.emit('lost', player, 1);
      },
      maxBytes: () => this.#values.limits.own,
      buffered: () => this.#connection.buffered,
    });
    this.#commands = new RoomCommands(environment.clock, hold, this.#sendCommand);
    this.#members = new Members({
      environment,
      address,
      store: this.#store,
      sessions: this.#sender.sessions,
      plain: this.#sender.plain,
      commands: this.#commands,
      maxFromPlayers: () => this.#values.limits.players,
      emit: (name, ...event) => this.emit(name, ...event),
      send: (data, options) => this.send(data, options),
      report: (error) => this.report(error),
    });
    this.#inheritance = new Inheritance({
      clock: environment.clock,
      store: this.#store,
      find: (receivers) => this.#members.roster.find(receivers),
      send: (ids, message) => this.#sender.sessions.send(ids, message),
      leave: () => this.#leave(),
    });
    this.#connection = this.#openConnection();
    this.#connection.connect();
  }

  get code(): string {
    return this.#values.code;
  }

  get name(): string {
    return this.#values.name;
  }

  get players(): readonly Player[] {
    return this.#members.roster.players;
  }

  get candidates(): readonly Candidate[] {
    return this.#members.candidates.list;
  }

  get maxPlayers(): number {
    return this.#values.maxPlayers;
  }

  get acceptsPlayers(): boolean {
    return this.#values.acceptsPlayers;
  }

  get listed(): boolean {
    return this.#values.isListed;
  }

  get status(): Status {
    return this.#connection.status;
  }

  get resumed(): boolean {
    return this.#opening.saved !== undefined;
  }

  get heir(): Player | undefined {
    return this.#inheritance.heir;
  }

  set heir(player: Player | undefined) {
    this.#inheritance.heir = player;
  }

  handOver(player: Player): Promise<boolean> {
    return this.#inheritance.handOver(player);
  }

  time(): number {
    return this.#opening.environment.clock.now();
  }

  send(data: Sendable, options: { readonly to?: Iterable<Player | number> } = {}): void {
    // With a misspelled option, a message for one player would go to everybody.
    checkOptions('send', { to: 'object' }, options);
    const message = toMessage(this.#opening.codec?.encode(data) ?? data);
    if (this.status === 'closed') return;
    const receivers =
      options.to === undefined
        ? this.#members.roster.players
        : this.#members.roster.find(options.to);
    this.#sender.send(message, receivers);
  }

  messages(options?: ListenerOptions): AsyncIterableIterator<[player: Player, message: Data]> {
    return this.iterate(([player, data]): [Player, Data] => [player, data], options);
  }

  /** Cancels the attempt to open the room. */
  cancel(reason: unknown): void {
    this.#refuse(reason);
  }

  start(): void {
    this.#commands.setStarted(true);
  }

  open(): void {
    this.#commands.setStarted(false);
  }

  set(changes: RoomChanges): void {
    this.#commands.set(toSetFields(changes));
  }

  stop(): void {
    this.#store.remove();
    this.#commands.stop();
  }

  /** The room has another host, to which players send again what was not acknowledged. */
  #leave(): void {
    for (const player of this.#members.roster.players) player.acknowledge();
    this.#store.remove();
    this.#commands.leave();
  }

  #openConnection(): RelayConnection {
    const { environment, address, maxPlayers } = this.#opening;
    return new RelayConnection(environment, {
      address: () => address.socket(hostPath(this.#opening, this.#store.key)),
      opened: () => this.#opened(),
      received: (data) => this.#received(data),
      lost: () => this.#lost(),
      closed: (error) => this.#closed(error),
      status: (status) => this.emit('status', status),
      // A second `prepare` changes nothing, and is always answered.
      probe: () => {
        this.#sendCommand({ cmd: 'prepare', max_players: maxPlayers });
        return true;
      },
      verify: async () => undefined,
    });
  }

  #opened(): void {
    if (this.#store.key !== undefined) return;
    const { maxPlayers, name, hold, features } = this.#opening;
    const command = { cmd: 'prepare', max_players: maxPlayers, name, ...features };
    this.#sendCommand(hold > 0 ? { ...command, hold } : command);
  }

  #lost(): boolean {
    this.#isConfirmed = false;
    this.#isSynced = false;
    this.#sender.plain.pause();
    this.#members.roster.connectionLost();
    return this.#isOpen && this.#store.key !== undefined && !this.#commands.isOver;
  }

  #closed(error: RelayError): void {
    if (error.code === 'replaced') this.#inheritance.taken();
    this.#members.close();
    this.#opening.page.closed(error);
    if (this.#isOpen) this.emit('close', error);
    else this.#opening.refused(error);
  }

  #received(data: string | Uint8Array): void {
    if (typeof data === 'string') return;
    const event = readEvent(data);
    switch (event.cmd) {
      case 'state':
        return this.#receivedState(event);
      case 'prepare_reply':
        return this.#prepared(event);
      case 'error':
        return this.#refused(new CommandError(String(event.code), String(event.reason)));
      default:
        return this.#members.receive(event);
    }
  }

  #prepared(event: UncheckedEvent): void {
    this.#values.setReply(event);
    if (this.#isConfirmed) return;
    this.#isConfirmed = true;
    const { key, resume } = event;
    const code = String(key);
    const missing = this.resumed ? [] : missingFeatures(this.#opening.features, event.with);
    if (missing.length > 0)
      return this.#refuse(new RelayError(UNSUPPORTED, `this relay has no ${missing.join(', ')}`));
    this.#values.code = code;
    if (typeof resume === 'string') this.#store.setKey({ code, token: resume });
    // The players of a resumed room are in the `state` that follows.
    if (this.#isOpen || this.resumed) return;
    this.#roomReady();
  }

  #receivedState(event: UncheckedEvent): void {
    this.#values.setState(event);
    if (!this.#isConfirmed || this.#isSynced) return;
    this.#members.sync(event);
    this.#commands.repeat();
    this.#roomReady();
  }

  #roomReady(): void {
    this.#isSynced = true;
    this.#sender.plain.resume();
    this.#connection.accepted();
    if (this.#isOpen) return;
    this.#isOpen = true;
    this.#opening.opened(this);
  }

  #refused(error: CommandError): void {
    if (this.#isOpen) this.report(error);
    else this.#refuse(error);
  }

  /** The room cannot be opened as the game wants it. */
  #refuse(error: unknown): void {
    this.#opening.refused(error);
    this.#connection.close();
  }
}
