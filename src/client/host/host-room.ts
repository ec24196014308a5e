import type {
  Candidate,
  Data,
  ListenerOptions,
  Player,
  Room,
  RoomChanges,
  Sendable,
  SendOptions,
  SharedState,
  Status,
} from '../api.js';
import { randomMark } from '../browser.js';
import { checkOptions } from '../check-options.js';
import type { RelayError } from '../errors/relay-error.js';
import { toMessage } from '../session/message.js';
import { HostAudience } from './host-audience.js';
import { Inheritance } from './inheritance.js';
import { Members } from './members.js';
import { PlayerEvents } from './player-events.js';
import { type Command, RoomCommands } from './room-commands.js';
import { type Opening, RoomConnection } from './room-connection.js';
import { toSetFields } from './room-options.js';
import { RoomSender } from './room-sender.js';
import { RoomStore } from './room-store.js';
import { RoomValues } from './room-values.js';
import { Shares } from './shares.js';

/** The host's room, as the game uses it. */
export class HostRoom extends PlayerEvents implements Room {
  readonly #opening: Opening;
  readonly #connection: RoomConnection;
  readonly #store: RoomStore;
  readonly #members: Members;
  readonly #sender: RoomSender;
  readonly #commands: RoomCommands;
  readonly #shares: Shares;
  readonly #values: RoomValues;
  readonly #inheritance: Inheritance;
  readonly #audience: HostAudience;

  constructor(opening: Opening) {
    super(opening.codec);
    const sendCommand = (command: Command): void => this.#connection.send(command);
    this.#opening = opening;
    this.#values = new RoomValues(opening.name);
    const { environment, address, page, settings, hold } = opening;
    this.#store = new RoomStore(page, settings, opening.saved);
    this.#sender = this.#newSender(sendCommand);
    this.#commands = new RoomCommands(environment.clock, hold, sendCommand);
    this.#shares = this.#newShares(sendCommand);
    this.#members = new Members({
      environment,
      address,
      store: this.#store,
      sessions: this.#sender.sessions,
      plain: this.#sender.plain,
      commands: this.#commands,
      shares: this.#shares,
      maxFromPlayers: () => this.#values.limits.players,
      emit: (name, ...event) => this.emit(name, ...event),
      send: (data, options) => this.send(data, options),
      report: (error) => this.report(error),
    });
    this.#inheritance = this.#newInheritance();
    this.#audience = this.#newAudience(sendCommand);
    this.#connection = new RoomConnection({
      opening,
      values: this.#values,
      store: this.#store,
      sender: this.#sender,
      commands: this.#commands,
      shares: this.#shares,
      members: this.#members,
      audience: this.#audience,
      opened: () => opening.opened(this),
      closed: (error) => this.#closed(error),
      status: (status) => this.emit('status', status),
      failed: (error) => this.report(error),
    });
    this.#connection.connect();
  }

  #newInheritance(): Inheritance {
    return new Inheritance({
      clock: this.#opening.environment.clock,
      store: this.#store,
      find: (receivers) => this.#members.roster.find(receivers),
      send: (ids, message) => this.#sender.sessions.send(ids, message),
      leave: () => this.#leave(),
    });
  }

  #newAudience(send: (command: Command) => void): HostAudience {
    return new HostAudience({
      send,
      show: (choices) => this.#shares.setPoll(choices),
      counted: (count) => this.emit('audience', count),
      tally: (counts) => this.emit('tally', counts),
    });
  }

  #newSender(sendCommand: (command: Command) => void): RoomSender {
    const { buffer } = this.#opening.environment;
    return new RoomSender(buffer, {
      sendCommand,
      lost: (id) => {
        for (const player of this.#members.roster.find([id])) this.emit('lost', player, 1);
      },
      maxBytes: () => this.#values.limits.own,
      buffered: () => this.#connection.buffered,
    });
  }

  #newShares(store: (command: Command) => void): Shares {
    return new Shares(randomMark(), {
      check: (bytes) => this.#sender.check(bytes, this.players.length),
      send: (item) => {
        const ids = this.players.map(({ id }) => id);
        this.#sender.sessions.send(ids, item);
      },
      store: (command) => {
        if (this.#connection.isSynced && this.#values.keeps) store(command);
      },
      hasAudience: () => this.#values.hasAudience,
    });
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

  get audience(): number {
    return this.#audience.count;
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
    // Nothing that is sent now would ever be acknowledged.
    if (this.status === 'closed') return Promise.resolve(false);
    return this.#inheritance.handOver(player);
  }

  time(): number {
    return this.#opening.environment.clock.now();
  }

  send(data: Sendable, options: SendOptions = {}): void {
    // With a misspelled option, a message for one player would go to everybody.
    checkOptions('send', { to: 'object', audience: 'any' }, options);
    const { to, audience = false } = options;
    if (typeof audience !== 'boolean' && audience !== 'only') {
      throw new TypeError('send: audience: expected a boolean or "only"');
    }
    const message = toMessage(this.#opening.codec?.encode(data) ?? data);
    if (this.status === 'closed') return;
    const { roster } = this.#members;
    const receivers = to === undefined ? roster.players : roster.find(to);
    this.#sender.send(message, audience === 'only' ? [] : receivers);
    if (audience && this.#values.hasAudience) this.#sender.sendToAudience(message);
  }

  share(key: string, value: Sendable | undefined): void {
    const { codec } = this.#opening;
    const message = value === undefined ? value : toMessage(codec?.encode(value) ?? value);
    if (this.status !== 'closed') this.#shares.share(key, message);
  }

  shareState<State extends object>(initial: State): SharedState<State> {
    return this.#shares.shareState(initial);
  }

  messages(options?: ListenerOptions): AsyncIterableIterator<[player: Player, message: Data]> {
    return this.iterate(([player, data]): [Player, Data] => [player, data], options);
  }

  /** Cancels the attempt to open the room. */
  cancel(reason: unknown): void {
    this.#connection.refuse(reason);
  }

  poll(choices: readonly string[]): void {
    this.#audience.poll(choices);
  }

  endPoll(): void {
    this.#audience.endPoll();
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

  #closed(error: RelayError): void {
    if (error.code === 'replaced') this.#inheritance.taken();
    this.emit('close', error);
  }
}
