import { CLOSE_REASONS, type CloseReason } from '../protocol/close-codes.js';
import type { Payload } from '../protocol/payload.js';
import { type Connected, connectedNow } from './connected.js';
import { HeldMessages } from './held-messages.js';
import type { PlayerId } from './ids.js';
import type { OfflineBuffer } from './offline-buffer.js';
import type { PlayerPeer } from './peer.js';
import { UNKNOWN_ADDRESS } from './reconnect-places.js';
import type { DisconnectedPlayer } from './reconnect-window.js';
import type { SecretHash } from './secret.js';

/** What a seat needs from its room. */
export interface SeatContext {
  receive(from: PlayerId, payload: Payload): void;
  /** The round-trip time to this player, in milliseconds. */
  measured(player: PlayerId, time: number): void;
  /** The connection of the player in this seat has ended; `isFinal` if it will not reconnect. */
  playerGone(seat: Seat, isFinal: boolean): void;
  end(reason: CloseReason): void;
}

/** Takes messages for the player of a seat. */
interface Receiver {
  send(payload: Payload): void;
}

/** Whether the player of a seat is connected. */
export type SeatStatus = 'connected' | 'disconnected';

/** A player whom the host has not admitted yet. */
interface Asker {
  readonly peer: PlayerPeer;
  readonly held: HeldMessages;
}

type State =
  /** Not yet occupied: the host is asked about the player, or the seat is restored from a file. */
  | { readonly is: 'pending'; readonly asker?: Asker }
  | { readonly is: 'present'; readonly peer: PlayerPeer }
  | { readonly is: 'disconnected'; readonly player: DisconnectedPlayer }
  /** The player has left or was kicked, or the room has ended. */
  | { readonly is: 'gone' };

/** More than a player makes between two writes of a room's state, also while it cannot be written for a while. */
const SKIPPED_CONNECTIONS = 1000;

const PENDING: State = { is: 'pending' };
const GONE: State = { is: 'gone' };
/** Drops everything. */
const NO_RECEIVER: Receiver = { send() {} };

/**
 * A player's seat in a room. It outlives connections: messages from a connection that has been
 * replaced are dropped.
 */
export class Seat {
  /** Where messages for the player go: the connection, or the offline buffer. */
  receiver: Receiver = NO_RECEIVER;
  /** The last delivery that reached this seat, so that an id listed twice gets a message once. */
  lastDelivery = 0;
  /** The version of the latest value that a disconnected player has seen. */
  seenVersion = 0;
  /** Whether the latest connection has asked for all values: see `JoinRequest`. */
  allValues = false;
  /** The number of the latest connection. Later ones have larger numbers, at all relays that have had the room. */
  connection = 0;
  /** When the latest connection was made; `undefined` if there was none yet. */
  connected: Connected | undefined;
  /** What the player says about itself. */
  about: string | undefined;
  #state: State = PENDING;
  #nextConnection = 1;
  readonly #context: SeatContext;

  /** @param key identifies the player on reconnecting; without it the player cannot reconnect */
  constructor(
    readonly id: PlayerId,
    context: SeatContext,
    readonly key?: SecretHash,
  ) {
    this.#context = context;
  }

  /** The seat has had so many connections, or more: some may not have been saved. */
  restore(connection: number): void {
    this.connection = connection;
    this.#nextConnection = connection + SKIPPED_CONNECTIONS;
  }

  /** The player's connection, if the player is connected. */
  get peer(): PlayerPeer | undefined {
    return this.#state.is === 'present' ? this.#state.peer : undefined;
  }

  /** The offline buffer, if the player is disconnected. */
  get buffer(): OfflineBuffer | undefined {
    return this.#state.is === 'disconnected' ? this.#state.player.buffer : undefined;
  }

  /** The address of the player's last connection; `UNKNOWN_ADDRESS` after a restart. */
  get address(): string {
    const state = this.#state;
    if (state.is === 'disconnected') return state.player.address;
    return (this.peer ?? this.#asker?.peer)?.address ?? UNKNOWN_ADDRESS;
  }

  /** Whether the host is asked about this player, and has not answered. */
  get isAsking(): boolean {
    return this.#asker !== undefined;
  }

  get status(): SeatStatus {
    const isConnected = this.#state.is === 'present' || this.#asker !== undefined;
    return isConnected ? 'connected' : 'disconnected';
  }

  /** How much is held until the host has admitted the player, in bytes. */
  get heldBytes(): number {
    return this.#asker?.held.bytes ?? 0;
  }

  /**
   * The host is asked about this player. What the player says is held.
   *
   * @returns the connection that was replaced
   */
  ask(peer: PlayerPeer): PlayerPeer | undefined {
    const { peer: replaced, held = new HeldMessages() } = this.#asker ?? {};
    this.#state = { is: 'pending', asker: { peer, held } };
    this.#connect(peer, this.#nextConnection);
    if (held.isFull) peer.setReading(false);
    return replaced;
  }

  /** The host admits the player, whose held messages it gets. */
  admit(): void {
    const asker = this.#asker;
    if (asker === undefined) return;
    this.occupy(asker.peer, this.connection);
    for (const payload of asker.held.takeAll()) this.receive(payload, asker.peer);
  }

  /**
   * The player connects: for the first time, after a disconnect, or by another connection.
   *
   * @param connection the number of the connection, if it had the seat before
   * @returns the connection that was replaced, or how many messages the player has missed
   */
  occupy(
    peer: PlayerPeer,
    connection = this.#nextConnection,
  ): { readonly replaced?: PlayerPeer; readonly missed?: number } {
    const state = this.#state;
    this.#state = { is: 'present', peer };
    this.#connect(peer, connection);
    this.receiver = peer;
    if (state.is === 'present') return { replaced: state.peer };
    if (state.is !== 'disconnected') return {};
    const { buffer, stopTimer } = state.player;
    stopTimer();
    const { missed } = buffer;
    buffer.drainTo(peer);
    return { missed };
  }

  /** The player's connection is lost, and messages are buffered. */
  disconnect(player: DisconnectedPlayer): void {
    this.#state = { is: 'disconnected', player };
    this.receiver = player.buffer;
  }

  /**
   * The player leaves for good. Leaving twice is harmless.
   *
   * @returns the connection, which the caller closes; `undefined` if there is none
   */
  vacate(): PlayerPeer | undefined {
    const state = this.#state;
    const asker = this.#asker;
    this.#state = GONE;
    this.receiver = NO_RECEIVER;
    if (state.is === 'present') return state.peer;
    if (state.is !== 'disconnected') return asker?.peer;
    state.player.stopTimer();
    state.player.buffer.close();
    return undefined;
  }

  /** A message from this connection to the host: the payload path. */
  receive(payload: Payload, by: PlayerPeer): void {
    if (this.receiver === by) this.#context.receive(this.id, payload);
    else if (this.#asker?.peer === by) this.#hold(payload, this.#asker);
  }

  /** The round-trip time of this connection, in milliseconds. */
  measured(time: number, by: PlayerPeer): void {
    if (this.receiver === by) this.#context.measured(this.id, time);
  }

  /**
   * This connection has ended.
   *
   * @param isFinal whether the player does not want to reconnect, or must not
   */
  leave(by: PlayerPeer, isFinal: boolean): void {
    if (this.receiver === by || this.#asker?.peer === by) this.#context.playerGone(this, isFinal);
  }

  /** Serving the player has thrown an exception, so the state of the room cannot be trusted. */
  fail(): void {
    this.#context.end(CLOSE_REASONS.internalError);
  }

  #connect({ connected }: PlayerPeer, connection: number): void {
    this.connection = connection;
    this.#nextConnection = Math.max(this.#nextConnection, connection + 1);
    const now = connectedNow();
    if (connected === undefined) {
      this.connected = now;
      return;
    }
    // A client has connected before its JOIN arrives, however little is known of the other relay's clock.
    const { earliest, latest, link } = connected;
    this.connected = {
      earliest: Math.min(earliest, now.earliest),
      latest: Math.min(latest, now.latest),
      link,
    };
  }

  get #asker(): Asker | undefined {
    return this.#state.is === 'pending' ? this.#state.asker : undefined;
  }

  /** TCP holds what does not fit. */
  #hold(payload: Payload, { peer, held }: Asker): void {
    held.add(payload);
    if (held.isFull) peer.setReading(false);
  }
}
