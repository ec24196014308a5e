import type { Data, Player, Room, RoomEvents, Status } from './api.js';
import { encode, type Value } from './cbor.js';
import { Channels } from './channels.js';
import { Events } from './emitter.js';
import { type Resolved, randomMark } from './environment.js';
import type { End } from './exactly-once/end.js';
import type { Message } from './exactly-once/envelope.js';
import { Hub } from './exactly-once/hub.js';
import type { Keepsake } from './keepsake.js';
import { Line } from './line.js';
import { toData, toMessage } from './message.js';
import { PlainBacklog } from './plain-backlog.js';
import type { RelayAddress } from './relay-address.js';
import type { RelayError } from './relay-error.js';
import { type RelayEvent, readEvent, toIds } from './relay-event.js';
import { type RoomMemory, writeMemory } from './room-memory.js';
import { type RoomOfPlayer, RoomPlayer } from './room-player.js';
import { ACKNOWLEDGE_AFTER } from './timing.js';

/** How long a player who says nothing may still greet, in milliseconds; then it is a plain one. */
const GRACE = 1_000;

/** What a room is opened with. */
export interface Opening {
  readonly environment: Resolved;
  readonly address: RelayAddress;
  readonly keepsake: Keepsake;
  readonly token: string | undefined;
  readonly name: string;
  readonly maxPlayers: number;
  readonly hold: number;
  /** Of the room that is to be taken back. */
  readonly memory: RoomMemory | undefined;
  opened(room: Room): void;
  refused(error: Error): void;
}

/** The host's connection, and everything that is known of the room. */
export class RoomConnection extends Events<RoomEvents> implements Room, RoomOfPlayer {
  readonly #opening: Opening;
  readonly #environment: Resolved;
  readonly #line: Line;
  readonly #hub: Hub;
  readonly #players = new Map<number, RoomPlayer>();
  #memory: RoomMemory | undefined;
  #code = '';
  #name: string;
  #maxPlayers = 0;
  #acceptsPlayers = false;
  #isOpen = false;
  /** Whether the relay has said on this line that the room is ours. */
  #hasRoom = false;
  /** After a return: what was missed has been told once a `state` has come. */
  #caughtUp = false;
  /** Whether the game wants the door closed; `undefined` if it has never said so. */
  #wantsStarted: boolean | undefined;
  /** The room is to be over, and by this time it is, even if the relay is not heard again. */
  #overBy: number | undefined;
  readonly #kicked = new Set<number>();
  readonly #plainBacklog: PlainBacklog;

  constructor(opening: Opening) {
    super();
    this.#opening = opening;
    this.#name = opening.name;
    this.#memory = opening.memory;
    const { environment, address, token } = opening;
    this.#environment = environment;
    this.#plainBacklog = new PlainBacklog(environment.buffer);
    this.#hub = new Hub(environment.buffer, {
      send: (ids, frame) => this.#command({ cmd: 'to', to: ids, data: frame }),
      mark: randomMark,
    });
    this.#line = new Line(environment, {
      address: () => {
        const { code, token: resume } = this.#memory ?? {};
        return address.socket('CREATE', { bytes: '1', token, room: code, resume });
      },
      opened: () => this.#opened(),
      received: (data) => this.#received(data),
      lost: (error) => this.#lost(error),
      closed: (error) => this.#closed(error),
      status: (status) => this.emit('status', status),
      // A second `prepare` changes nothing, and is always answered.
      probe: () => {
        this.#command({ cmd: 'prepare', max_players: this.#opening.maxPlayers });
        return true;
      },
    });
    this.#line.connect();
  }

  get code(): string {
    return this.#code;
  }

  get name(): string {
    return this.#name;
  }

  get players(): readonly RoomPlayer[] {
    return [...this.#players.values()];
  }

  get maxPlayers(): number {
    return this.#maxPlayers;
  }

  get acceptsPlayers(): boolean {
    return this.#acceptsPlayers;
  }

  get status(): Status {
    return this.#line.status;
  }

  get resumed(): boolean {
    return this.#opening.memory !== undefined;
  }

  send(data: Data, { to = this.players }: { readonly to?: Iterable<Player | number> } = {}): void {
    const message = toMessage(data);
    if (this.status === 'closed') return;
    const ids = new Set(Array.from(to, (each) => (typeof each === 'number' ? each : each.id)));
    const receivers = [...ids].flatMap((id) => this.#players.get(id) ?? []);
    const isPlain = ({ speech }: RoomPlayer): boolean => speech === 'plain';
    this.#hub.send(
      receivers.filter((player) => !isPlain(player)).map(({ id }) => id),
      message,
    );
    this.#sendPlain(
      receivers.filter(isPlain).map(({ id }) => id),
      message,
    );
  }

  start(): void {
    this.#setStarted(true);
  }

  open(): void {
    this.#setStarted(false);
  }

  stop(): void {
    this.#overBy ??= this.#environment.clock.now() + this.#opening.hold * 1000;
    this.#command({ cmd: 'stop' });
  }

  // What players need of the room.

  kick({ id }: RoomPlayer): void {
    this.#kicked.add(id);
    this.#command({ cmd: 'kick', player: id });
  }

  deliver(player: RoomPlayer, data: Data): void {
    this.emit('message', player, data);
  }

  flushPlain({ id }: RoomPlayer, waiting: Iterable<Message>): void {
    for (const message of waiting) this.#sendPlain([id], message);
  }

  openEnd(player: RoomPlayer): End {
    const { id } = player;
    const { clock } = this.#environment;
    return this.#hub.open(
      id,
      {
        deliver: (message) => {
          if (message.kind === 'signal') player.channels.receive(message);
          else this.emit('message', player, toData(message));
        },
        gap: (count) => this.emit('gap', player, count),
        restarted: () => {
          player.channels.restart();
          this.emit('restart', player);
        },
        greeted: ({ from }) => this.#remember(id, from),
        acknowledgeLater: () => {
          clock.after(ACKNOWLEDGE_AFTER, () => player.end.acknowledge());
        },
      },
      this.#memory?.marks.get(id),
    );
  }

  closeEnd({ id }: RoomPlayer): void {
    this.#hub.close(id);
  }

  // What the line says.

  #opened(): void {
    if (this.#memory !== undefined) return;
    const { maxPlayers, name, hold } = this.#opening;
    const command = { cmd: 'prepare', max_players: maxPlayers, name };
    this.#command(hold > 0 ? { ...command, hold } : command);
  }

  #lost(error: RelayError): boolean {
    this.#hasRoom = false;
    this.#caughtUp = false;
    for (const { end } of this.#players.values()) end.lineLost();
    // Without a token there is nothing to come back to: the room went with the line.
    const isThere = this.#environment.clock.now() < (this.#overBy ?? Number.POSITIVE_INFINITY);
    const canReturn = this.#isOpen && this.#memory !== undefined && isThere;
    return canReturn && (error.retry === 'yes' || error.what === 'tooManyAttempts');
  }

  #closed(error: RelayError): void {
    for (const player of this.#players.values()) {
      player.cancelGrace();
      player.channels.close();
    }
    if (error.retry === 'no') this.#opening.keepsake.drop();
    else this.#opening.keepsake.release();
    if (this.#isOpen) this.emit('close', error);
    else this.#opening.refused(error);
  }

  #received(data: string | Uint8Array): void {
    if (typeof data === 'string') return;
    const event = readEvent(data);
    const id = Number(event.player ?? event.from);
    switch (event.cmd) {
      case 'from':
      case 'from_str':
        return this.#from(id, event.data);
      case 'state':
        return this.#state(event);
      case 'prepare_reply':
        return this.#prepared(event);
      case 'player_joined':
        this.#join(id);
        return;
      case 'player_left':
        return this.#leave(id);
      case 'player_away':
        return this.#setAway(id, true);
      case 'player_back':
        return this.#setAway(id, false);
      case 'error':
        return this.#refused(String(event.reason));
    }
  }

  #from(id: number, data: Value | undefined): void {
    if (typeof data !== 'string' && !(data instanceof Uint8Array)) return;
    // What was kept for a page that was reloaded may come before the list of who is there.
    (this.#players.get(id) ?? this.#join(id)).receive(data);
  }

  #prepared({ key, resume }: RelayEvent): void {
    if (this.#hasRoom) return;
    this.#hasRoom = true;
    this.#code = String(key);
    if (typeof resume === 'string') {
      const marks = this.#memory?.marks ?? new Map();
      this.#memory = { code: this.#code, token: resume, marks };
      this.#opening.keepsake.keep(writeMemory(this.#memory));
    }
    // A room that is taken back comes with its players: they are in the `state` that follows.
    if (this.#isOpen || this.#opening.memory !== undefined) return;
    this.#ready();
  }

  #state(event: RelayEvent): void {
    this.#name = String(event.name);
    this.#maxPlayers = Number(event.max_players);
    this.#acceptsPlayers = event.accept_conns === true;
    if (!this.#hasRoom || this.#caughtUp) return;
    this.#catchUp(toIds(event.players), new Set(toIds(event.away)));
    this.#ready();
  }

  /** Makes good what was not told because the line was lost, and greets everybody. */
  #catchUp(present: readonly number[], away: ReadonlySet<number>): void {
    for (const id of this.#players.keys()) if (!present.includes(id)) this.#leave(id);
    for (const id of present) {
      this.#join(id);
      this.#setAway(id, away.has(id));
    }
    for (const { id, end, exact, away } of this.players) if (exact && !away) end.greet(id);
    this.#repeatCommands();
    // Not before: what listeners have sent meanwhile comes after what has waited.
    this.#caughtUp = true;
    for (const { ids, message } of this.#plainBacklog.take()) this.#sendPlain(ids, message);
  }

  #ready(): void {
    this.#line.settled();
    if (this.#isOpen) return;
    this.#isOpen = true;
    this.#caughtUp = true;
    this.#opening.opened(this);
  }

  #refused(reason: string): void {
    const sentence = `the relay cannot use a command: ${reason}`;
    if (this.#isOpen) return console.warn(sentence);
    this.#opening.refused(new Error(sentence));
    this.#line.close();
  }

  // Who is in the room.

  #join(id: number): RoomPlayer {
    const known = this.#players.get(id);
    if (known !== undefined) return known;
    const channels = new Channels(this.#environment, this.#opening.address, {
      signal: (message) => this.#hub.send([id], message),
      opened: (channel) => this.emit('channel', player, channel),
    });
    const player: RoomPlayer = new RoomPlayer(id, this, channels);
    this.#players.set(id, player);
    const grace = (): void => player.becomePlain();
    if (!player.exact) player.cancelGrace = this.#environment.clock.after(GRACE, grace);
    this.emit('join', player);
    return player;
  }

  #leave(id: number): void {
    const player = this.#players.get(id);
    if (player === undefined) return;
    this.#players.delete(id);
    this.#kicked.delete(id);
    this.#hub.close(id);
    player.cancelGrace();
    player.channels.close();
    this.#remember(id, undefined);
    this.emit('leave', player);
  }

  #setAway(id: number, away: boolean): void {
    const player = this.#players.get(id);
    if (player === undefined || player.away === away) return;
    player.away = away;
    // What is sent from now on waits here for the greeting, not at the relay as well.
    if (away) player.end.lineLost();
    this.emit(away ? 'away' : 'back', player);
  }

  /** Keeps who has the SDK: a reloaded page has to greet them, and nobody else. */
  #remember(id: number, mark: number | undefined): void {
    const marks = this.#memory?.marks;
    if (this.#memory === undefined || marks === undefined || marks.get(id) === mark) return;
    if (mark === undefined) marks.delete(id);
    else marks.set(id, mark);
    this.#opening.keepsake.keep(writeMemory(this.#memory));
  }

  // What goes out.

  #setStarted(started: boolean): void {
    this.#wantsStarted = started;
    this.#command({ cmd: started ? 'start' : 'open' });
  }

  /** Commands that may have been lost with the line; to hear them twice does no harm. */
  #repeatCommands(): void {
    if (this.#overBy !== undefined) return this.stop();
    if (this.#wantsStarted !== undefined) this.#setStarted(this.#wantsStarted);
    for (const player of this.#kicked) this.#command({ cmd: 'kick', player });
  }

  #sendPlain(ids: readonly number[], message: Message): void {
    if (ids.length === 0 || message.kind === 'signal') return;
    if (this.#caughtUp) {
      const data = toData(message);
      return this.#command({ cmd: typeof data === 'string' ? 'to_str' : 'to', to: ids, data });
    }
    this.#plainBacklog.add({ ids, message });
  }

  #command(command: { readonly [key: string]: Value }): void {
    this.#line.send(encode(command));
  }
}
