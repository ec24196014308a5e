import type { Codec, Room, Status } from '../api.js';
import { attemptAbandoned } from '../connection/abandoned-attempts.js';
import type { RelayAddress } from '../connection/relay-address.js';
import { CLOSE_AND_LEAVE, RelayConnection } from '../connection/relay-connection.js';
import type { ResolvedEnvironment } from '../environment.js';
import { ABNORMAL, UNSUPPORTED } from '../errors/closes.js';
import { CommandError } from '../errors/command-error.js';
import { RelayError } from '../errors/relay-error.js';
import type { PageStore } from '../storage/page-store.js';
import { encode } from './cbor.js';
import type { HostAudience } from './host-audience.js';
import { hostPath } from './host-url.js';
import type { Members } from './members.js';
import { readEvent, type UncheckedEvent } from './relay-event.js';
import type { Command, RoomCommands } from './room-commands.js';
import { missingFeatures, type RequestedRoom } from './room-options.js';
import type { RoomSender } from './room-sender.js';
import type { RoomSettings, RoomStore, StoredRoom } from './room-store.js';
import type { RoomValues } from './room-values.js';
import type { Shares } from './shares.js';

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

/** The parts of a room that its connection uses, and what it reports. */
export interface ConnectedRoom {
  readonly opening: Opening;
  readonly values: RoomValues;
  readonly store: RoomStore;
  readonly sender: Pick<RoomSender, 'plain'>;
  readonly commands: RoomCommands;
  readonly shares: Pick<Shares, 'repeat'>;
  readonly members: Members;
  readonly audience: Pick<HostAudience, 'receive' | 'repeat'>;
  /** The room is open for the first time. */
  opened(): void;
  /** The room has ended; only after `opened`. */
  closed(error: RelayError): void;
  status(status: Status): void;
  /** The relay has refused a command. */
  failed(error: CommandError): void;
}

/** The connection of a room to the relay. */
export class RoomConnection {
  readonly #parts: ConnectedRoom;
  readonly #connection: RelayConnection;
  readonly #isResumed: boolean;
  /** Whether the first `state` on this connection has been handled. */
  isSynced = false;
  #isOpen = false;
  /** Whether the relay has answered `prepare`, or has resumed the room, on this connection. */
  #isConfirmed = false;

  constructor(parts: ConnectedRoom) {
    this.#parts = parts;
    const { saved, environment } = parts.opening;
    this.#isResumed = saved !== undefined;
    // Of the earlier host, which was perhaps connected badly, an attempt may still arrive.
    if (saved !== undefined) attemptAbandoned(environment.clock, saved.token);
    this.#connection = this.#openConnection();
  }

  connect(): void {
    this.#connection.connect();
  }

  get status(): Status {
    return this.#connection.status;
  }

  /** How many bytes the browser has not sent yet. */
  get buffered(): number {
    return this.#connection.buffered;
  }

  /** Sends a command; does nothing if the connection is not open. */
  send(command: Command): void {
    this.#connection.send(encode(command));
  }

  #openConnection(): RelayConnection {
    const { opening, store } = this.#parts;
    const { environment, address, maxPlayers } = opening;
    return new RelayConnection(environment, {
      address,
      path: () => hostPath(opening, store.key),
      // Another page that has the room's token may have taken the room.
      secret: () => (store.isGiven ? undefined : store.key?.token),
      opened: () => this.#opened(),
      received: (data) => this.#received(data),
      lost: () => this.#lost(),
      closed: (error) => this.#closed(error),
      status: (status) => this.#parts.status(status),
      // A second `prepare` changes nothing, and is always answered.
      probe: () => {
        this.send({ cmd: 'prepare', max_players: maxPlayers });
        return true;
      },
      verify: async () => undefined,
    });
  }

  #opened(): void {
    if (this.#parts.store.key !== undefined) return;
    const { maxPlayers, name, hold, features } = this.#parts.opening;
    const command = { cmd: 'prepare', max_players: maxPlayers, name, ...features };
    this.send(hold > 0 ? { ...command, hold } : command);
  }

  #lost(): boolean {
    this.#isConfirmed = false;
    this.isSynced = false;
    this.#parts.sender.plain.pause();
    this.#parts.members.roster.connectionLost();
    return this.#isOpen && this.#parts.store.key !== undefined && !this.#parts.commands.isOver;
  }

  #closed(closed: RelayError): void {
    const { members, opening, commands } = this.#parts;
    // The connection was lost before the answer: the relay waits for the next host all the same.
    const hasLeft = commands.hasLeft && closed.closeCode === ABNORMAL;
    const error = hasLeft ? new RelayError(CLOSE_AND_LEAVE, 'left') : closed;
    members.close();
    opening.page.closed(error);
    if (this.#isOpen) this.#parts.closed(error);
    else opening.refused(error);
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
        if (!this.#parts.audience.receive(event)) this.#parts.members.receive(event);
    }
  }

  #prepared(event: UncheckedEvent): void {
    this.#parts.values.setReply(event);
    if (this.#isConfirmed) return;
    this.#isConfirmed = true;
    const { key, resume } = event;
    const code = String(key);
    const missing = this.#isResumed
      ? []
      : missingFeatures(this.#parts.opening.features, event.with);
    if (missing.length > 0)
      return this.refuse(new RelayError(UNSUPPORTED, `this relay has no ${missing.join(', ')}`));
    this.#parts.values.code = code;
    if (typeof resume === 'string') this.#parts.store.setKey({ code, token: resume });
    // The players of a resumed room are in the `state` that follows.
    if (this.#isOpen || this.#isResumed) return;
    this.#roomReady();
  }

  #receivedState(event: UncheckedEvent): void {
    this.#parts.values.setState(event);
    if (!this.#isConfirmed || this.isSynced) return;
    this.#parts.members.sync(event);
    this.#parts.commands.repeat();
    this.#roomReady();
  }

  #roomReady(): void {
    this.isSynced = true;
    this.#parts.shares.repeat();
    this.#parts.audience.repeat();
    this.#parts.sender.plain.resume();
    this.#connection.accepted();
    if (this.#isOpen) return;
    this.#isOpen = true;
    this.#parts.opened();
  }

  #refused(error: CommandError): void {
    if (this.#isOpen) this.#parts.failed(error);
    else this.refuse(error);
  }

  /** The room cannot be opened as the game wants it. */
  refuse(error: unknown): void {
    this.#parts.opening.refused(error);
    this.#connection.close();
  }
}
