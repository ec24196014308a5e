import { CLOSE_REASONS, type CloseReason } from '../protocol/close-codes.js';
import { Bans } from './bans.js';
import { Deliveries, type DeliveriesContext } from './deliveries.js';
import type { PlayerId } from './ids.js';
import type { JoinRequest } from './join-request.js';
import type { PlayerPeer } from './peer.js';
import { UNKNOWN_ADDRESS } from './reconnect-places.js';
import type { ReconnectWindow } from './reconnect-window.js';
import type { RoomEvent } from './room-event.js';
import type { SavedRoom, SavedSeat } from './saved-room.js';
import { Seat, type SeatContext } from './seat.js';
import { SeatTable, type SeatTableContext } from './seat-table.js';
import type { SecretHash } from './secret.js';

/** What players need from their room. */
export interface PlayersContext extends SeatContext, SeatTableContext, DeliveriesContext {
  /** Sends the host an event. */
  notifyHost(event: RoomEvent): void;
  /** Drops the messages of a player that a disconnected host has not received yet. */
  forgetMessages(player: PlayerId): void;
}

/** How a player is kicked. */
export interface KickOptions {
  /** The reason of the close, at most 100 bytes of UTF-8; `kicked` by default. */
  readonly reason?: string | undefined;
  /** Whether nobody can join from the player's address again. */
  readonly ban?: boolean | undefined;
}

/** The close of a player who is kicked. */
export function kickReason({ reason }: KickOptions): CloseReason {
  return reason ? { ...CLOSE_REASONS.kicked, reason } : CLOSE_REASONS.kicked;
}

/** What a player who reconnects requests. */
type RejoinRequest = Pick<JoinRequest, 'about' | 'allValues' | 'connection'>;

/** The players of one room: they join, disconnect, reconnect and leave, and the host is notified. */
export class Players {
  readonly seats: SeatTable;
  readonly bans: Bans;
  readonly deliveries: Deliveries;
  readonly #context: PlayersContext;
  readonly #window: ReconnectWindow | undefined;

  constructor(context: PlayersContext, window: ReconnectWindow | undefined) {
    this.#context = context;
    this.#window = window;
    this.seats = new SeatTable(context);
    this.bans = new Bans(context.totals);
    this.deliveries = new Deliveries(this.seats, context);
  }

  /** Restores the seats of a saved room, up to the maximum number of players. */
  restore(saved: SavedRoom, maxPlayers: number): void {
    this.seats.restore(saved);
    this.bans.restore(saved);
    const lastSeen = saved.seats.reduce((last, { seen = 0 }) => Math.max(last, seen), 0);
    this.#context.values.restore(saved.values ?? [], lastSeen);
    for (const seat of saved.seats.slice(0, maxPlayers)) this.#restoreSeat(seat);
    for (const { id } of saved.seats.slice(maxPlayers)) {
      this.#context.values.forgetPlayer(id);
      this.#context.notifyHost({ type: 'playerLeft', player: id });
    }
  }

  /** A seat that nobody has yet. */
  newSeat(key: SecretHash | undefined, allValues = false): Seat {
    const seat = new Seat(this.seats.nextId(), this.#context, key);
    seat.allValues = allValues;
    return seat;
  }

  /** Gives a new player this seat. */
  add(seat: Seat, peer: PlayerPeer, about: string | undefined): void {
    seat.about = about;
    seat.occupy(peer);
    this.deliveries.sendValues(seat, peer);
    this.#joined(seat);
  }

  /** Gives this seat to the player who has asked for it. */
  admit(seat: Seat): void {
    this.#joined(seat);
    seat.admit();
    if (seat.peer !== undefined) this.deliveries.sendValues(seat, seat.peer);
  }

  /**
   * The player of this seat connects again. What it says about itself stays as it was if the request
   * has nothing about that.
   */
  rejoin(seat: Seat, peer: PlayerPeer, request: RejoinRequest): void {
    const { about, allValues = false, connection } = request;
    // An earlier connection has followed the room first, with what came too late before the room moved.
    if (connection !== undefined && connection > seat.connection)
      this.#context.forgetMessages(seat.id);
    // What a connection has received that is still open is not known.
    const seen = seat.status === 'disconnected' ? seat.seenVersion : 0;
    seat.allValues = allValues;
    this.deliveries.sendValues(seat, peer, seen);
    const { replaced, missed } = seat.occupy(peer, connection);
    replaced?.close(CLOSE_REASONS.replaced);
    const change = about === undefined || about === seat.about ? undefined : { about };
    if (change !== undefined) this.seats.setAbout(seat, about);
    const player = seat.id;
    if (missed !== undefined) {
      this.#report({ type: 'playerReconnected', player, missed, ...change });
    } else if (change !== undefined) this.#report({ type: 'aboutChanged', player, ...change });
    else this.#context.changed();
  }

  /** The connection of this player has ended; `isFinal` if the player will not reconnect. */
  connectionEnded(seat: Seat, isFinal: boolean): void {
    if (isFinal || !this.#awaitPlayer(seat)) return this.#leave(seat);
    this.#report({ type: 'playerDisconnected', player: seat.id });
  }

  /** Removes a player for good; an unknown id changes nothing. */
  kick(player: number, options: KickOptions): void {
    const seat = this.seats.get(player);
    if (seat === undefined) return;
    this.ban(seat, options);
    const peer = this.seats.remove(seat);
    this.#context.values.forgetPlayer(seat.id);
    this.#context.notifyHost({ type: 'playerLeft', player: seat.id });
    peer?.close(kickReason(options));
    this.#context.changed();
  }

  /** The player of this seat cannot join again. */
  ban({ key, address }: Seat, { ban }: KickOptions): void {
    if (key !== undefined) this.bans.addKey(key);
    if (ban && address !== UNKNOWN_ADDRESS) this.bans.addAddress(address);
  }

  /** Pauses or resumes reading from all connected players. */
  setReading(reading: boolean): void {
    for (const { peer } of this.seats.all()) peer?.setReading(reading);
  }

  /** The room has ended. */
  closeAll(reason: CloseReason): void {
    for (const seat of this.seats.all()) this.seats.remove(seat)?.close(reason);
    this.#context.values.clear();
    this.bans.clear();
  }

  #joined(seat: Seat): void {
    const { id: player, about } = seat;
    this.seats.add(seat);
    this.#report({ type: 'playerJoined', player, ...(about !== undefined && { about }) });
  }

  #restoreSeat({ id, key, away, connection = 1, about, seen = 0 }: SavedSeat): void {
    const seat = new Seat(id, this.#context, key ?? undefined);
    seat.restore(connection);
    seat.about = about;
    this.seats.add(seat);
    if (!this.#awaitPlayer(seat)) return this.#leave(seat);
    // The host already knows the players who were disconnected before the restart.
    if (away) seat.seenVersion = seen;
    else this.#report({ type: 'playerDisconnected', player: id });
  }

  /** Waits for a player to reconnect; false if the player cannot reconnect. */
  #awaitPlayer(seat: Seat): boolean {
    if (seat.key === undefined) return false;
    const player = this.#window?.awaitPlayer(() => this.#leave(seat), seat.address);
    if (player !== undefined) seat.disconnect(player);
    seat.seenVersion = this.#context.values.version;
    return player !== undefined;
  }

  #leave(seat: Seat): void {
    this.seats.remove(seat);
    this.#context.values.forgetPlayer(seat.id);
    this.#report({ type: 'playerLeft', player: seat.id });
  }

  #report(event: RoomEvent): void {
    this.#context.notifyHost(event);
    this.#context.changed();
  }
}
