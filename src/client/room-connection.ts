import type { Data, Player, Room, RoomEvents, Status } from './api.js';
import { encode, type Value } from './cbor.js';
import { Events } from './emitter.js';
import { type Resolved, randomMark } from './environment.js';
import { Hub } from './exactly-once/hub.js';
import type { Keepsake } from './keepsake.js';
import { Line } from './line.js';
import { toMessage } from './message.js';
import { PlainSender } from './plain-sender.js';
import type { RelayAddress } from './relay-address.js';
import type { RelayError } from './relay-error.js';
import { type RelayEvent, readEvent, toIds } from './relay-event.js';
import { type Command, RoomCommands } from './room-commands.js';
import { RoomMemory, type SavedRoom } from './room-memory.js';
import { Roster } from './roster.js';

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
  readonly saved: SavedRoom | undefined;
  opened(room: Room): void;
  refused(error: Error): void;
}

/** The host's connection: what the relay says of the room, and what the game says to it. */
export class RoomConnection extends Events<RoomEvents> implements Room {
  readonly #opening: Opening;
  readonly #line: Line;
  readonly #memory: RoomMemory;
  readonly #roster: Roster;
  readonly #hub: Hub;
  readonly #plain: PlainSender;
  readonly #commands: RoomCommands;
  #code = '';
  #name: string;
  #maxPlayers = 0;
  #acceptsPlayers = false;
  #isOpen = false;
  /** Whether the relay has said on this line that the room is ours. */
  #hasRoom = false;
  /** After a return: what was missed has been told once a `state` has come. */
  #caughtUp = false;
  readonly #command = (command: Command): void => this.#line.send(encode(command));

  constructor(opening: Opening) {
    super();
    this.#opening = opening;
    this.#name = opening.name;
    const { environment, address, keepsake, token, hold } = opening;
    this.#memory = new RoomMemory(keepsake, opening.saved);
    this.#hub = new Hub(environment.buffer, {
      send: (ids, frame) => this.#command({ cmd: 'to', to: ids, data: frame }),
      mark: randomMark,
    });
    this.#plain = new PlainSender(environment.buffer, this.#command);
    this.#commands = new RoomCommands(environment.clock, hold, this.#command);
    this.#roster = new Roster({
      environment,
      address,
      memory: this.#memory,
      hub: this.#hub,
      plain: this.#plain,
      commands: this.#commands,
      emit: (name, ...event) => this.emit(name, ...event),
      send: (data, options) => this.send(data, options),
    });
    this.#line = new Line(environment, {
      address: () => {
        const { code, token: resume } = this.#memory.key ?? {};
        return address.socket('CREATE', { bytes: '1', token, room: code, resume });
      },
      opened: () => this.#opened(),
      received: (data) => this.#received(data),
      lost: (error) => this.#lost(error),
      closed: (error) => this.#closed(error),
      status: (status) => this.emit('status', status),
      // A second `prepare` changes nothing, and is always answered.
      probe: () => {
        this.#command({ cmd: 'prepare', max_players: opening.maxPlayers });
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

  get players(): readonly Player[] {
    return this.#roster.players;
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
    return this.#opening.saved !== undefined;
  }

  send(data: Data, { to = this.players }: { readonly to?: Iterable<Player | number> } = {}): void {
    const message = toMessage(data);
    if (this.status === 'closed') return;
    const receivers = this.#roster.pick(to);
    this.#hub.send(idsOf(receivers.filter((player) => !player.plain)), message);
    this.#plain.send(idsOf(receivers.filter((player) => player.plain)), message);
  }

  start(): void {
    this.#commands.setStarted(true);
  }

  open(): void {
    this.#commands.setStarted(false);
  }

  stop(): void {
    this.#memory.endHere();
    this.#commands.stop();
  }

  #opened(): void {
    if (this.#memory.key !== undefined) return;
    const { maxPlayers, name, hold } = this.#opening;
    const command = { cmd: 'prepare', max_players: maxPlayers, name };
    this.#command(hold > 0 ? { ...command, hold } : command);
  }

  #lost(error: RelayError): boolean {
    this.#hasRoom = false;
    this.#caughtUp = false;
    this.#plain.pause();
    this.#roster.lineLost();
    const canReturn = this.#isOpen && this.#memory.key !== undefined && !this.#commands.isOver;
    return canReturn && (error.retry === 'yes' || error.what === 'tooManyAttempts');
  }

  #closed(error: RelayError): void {
    this.#roster.close();
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
        this.#roster.join(id);
        return;
      case 'player_left':
        return this.#roster.leave(id);
      case 'player_away':
        return this.#roster.setAway(id, true);
      case 'player_back':
        return this.#roster.setAway(id, false);
      case 'error':
        return this.#refused(String(event.reason));
    }
  }

  #from(id: number, data: Value | undefined): void {
    if (typeof data !== 'string' && !(data instanceof Uint8Array)) return;
    // What was kept for a page that was reloaded may come before the list of who is there.
    this.#roster.join(id).receive(data);
  }

  #prepared({ key, resume }: RelayEvent): void {
    if (this.#hasRoom) return;
    this.#hasRoom = true;
    this.#code = String(key);
    if (typeof resume === 'string') this.#memory.setKey({ code: this.#code, token: resume });
    // A room that is taken back comes with its players: they are in the `state` that follows.
    if (this.#isOpen || this.resumed) return;
    this.#ready();
  }

  #state(event: RelayEvent): void {
    this.#name = String(event.name);
    this.#maxPlayers = Number(event.max_players);
    this.#acceptsPlayers = event.accept_conns === true;
    if (!this.#hasRoom || this.#caughtUp) return;
    this.#roster.catchUp(toIds(event.players), new Set(toIds(event.away)));
    this.#commands.repeat();
    this.#ready();
  }

  #ready(): void {
    this.#caughtUp = true;
    this.#plain.resume();
    this.#line.settled();
    if (this.#isOpen) return;
    this.#isOpen = true;
    this.#opening.opened(this);
  }

  #refused(reason: string): void {
    const sentence = `the relay cannot use a command: ${reason}`;
    if (this.#isOpen) return console.warn(sentence);
    this.#opening.refused(new Error(sentence));
    this.#line.close();
  }
}

function idsOf(players: readonly Player[]): number[] {
  return players.map(({ id }) => id);
}
