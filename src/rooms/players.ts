import { CLOSE_REASONS, type CloseReason } from '../protocol/close-codes.js';
import type { Payload } from '../protocol/payload.js';
import type { PlayerPeer } from './peer.js';
import type { ReconnectWindow } from './reconnect-window.js';
import type { RoomEvent } from './room-event.js';
import type { SavedRoom, SavedSeat } from './saved-room.js';
import { Seat, type SeatContext } from './seat.js';
import { SeatTable } from './seat-table.js';
import type { SecretHash } from './secret.js';
import type { RoomTotals } from './totals.js';

/** What players need from their room. */
export interface PlayersContext extends SeatContext {
  readonly totals: RoomTotals;
  /** Sends the host an event. */
  notifyHost(event: RoomEvent): void;
  /** The saved state of the room has changed. */
  changed(): void;
}

/** The players of one room: they join, disconnect, reconnect and leave, and the host is notified. */
export class Players {
  readonly seats: SeatTable;
  readonly #context: PlayersContext;
  readonly #window: ReconnectWindow | undefined;
  #deliveries = 0;

  constructor(context: PlayersContext, window: ReconnectWindow | undefined) {
    this.#context = context;
    this.#window = window;
    this.seats = new SeatTable(context.totals);
  }

  /** Restores the seats of a saved room, up to the maximum number of players. */
  restore(saved: SavedRoom, maxPlayers: number): void {
    this.seats.restore(saved);
    for (const seat of saved.seats.slice(0, maxPlayers)) this.#restoreSeat(seat);
    for (const { id } of saved.seats.slice(maxPlayers)) {
      this.#context.notifyHost({ type: 'playerLeft', player: id });
    }
  }

  /** A seat that nobody has yet. */
  newSeat(key: SecretHash | undefined): Seat {
    return new Seat(this.seats.nextId(), this.#context, key);
  }

  /** Gives a new player this seat. */
  add(seat: Seat, peer: PlayerPeer, about: string | undefined): void {
    seat.about = about;
    seat.occupy(peer);
    this.#joined(seat);
  }

  /** Gives this seat to the player who has asked for it. */
  admit(seat: Seat): void {
    this.#joined(seat);
    seat.admit();
  }

  /**
   * The player of this seat connects again.
   *
   * @param about what the player says about itself now; `undefined` if that stays as it was
   */
  rejoin(seat: Seat, peer: PlayerPeer, about: string | undefined): void {
    const { replaced, missed } = seat.occupy(peer);
    replaced?.close(CLOSE_REASONS.replaced);
    const change = about === undefined || about === seat.about ? undefined : { about };
    if (change !== undefined) this.seats.setAbout(seat, about);
    const player = seat.id;
    if (missed !== undefined) {
      this.#report({ type: 'playerReconnected', player, missed, ...change });
    } else if (change !== undefined) this.#report({ type: 'aboutChanged', player, ...change });
  }

  /** The connection of this player has ended; `isFinal` if the player will not reconnect. */
  connectionEnded(seat: Seat, isFinal: boolean): void {
    if (isFinal || !this.#awaitPlayer(seat)) return this.#leave(seat);
    this.#report({ type: 'playerDisconnected', player: seat.id });
  }

  /** Removes a player for good; an unknown id changes nothing. */
  kick(player: number): void {
    const seat = this.seats.get(player);
    if (seat === undefined) return;
    if (seat.key !== undefined) this.seats.ban(seat.key);
    const peer = this.seats.remove(seat);
    this.#context.notifyHost({ type: 'playerLeft', player: seat.id });
    peer?.close(CLOSE_REASONS.kicked);
    this.#context.changed();
  }

  /**
   * Sends a message to players: the payload path.
   *
   * @returns how many players it went to
   */
  send(to: 'everybody' | readonly number[], payload: Payload): number {
    if (to === 'everybody') {
      for (const seat of this.seats.all()) seat.receiver.send(payload);
      return this.seats.size;
    }
    const delivery = ++this.#deliveries;
    let receivers = 0;
    for (const id of to) {
      const seat = this.seats.get(id);
      if (seat === undefined || seat.lastDelivery === delivery) continue;
      seat.lastDelivery = delivery;
      seat.receiver.send(payload);
      receivers++;
    }
    return receivers;
  }

  /** Pauses or resumes reading from all connected players. */
  setReading(reading: boolean): void {
    for (const { peer } of this.seats.all()) peer?.setReading(reading);
  }

  /** The room has ended. */
  closeAll(reason: CloseReason): void {
    for (const seat of this.seats.all()) this.seats.remove(seat)?.close(reason);
  }

  #joined(seat: Seat): void {
    const { id: player, about } = seat;
    this.seats.add(seat);
    this.#report({ type: 'playerJoined', player, ...(about !== undefined && { about }) });
  }

  #restoreSeat({ id, key, away, about }: SavedSeat): void {
    const seat = new Seat(id, this.#context, key ?? undefined);
    seat.about = about;
    this.seats.add(seat);
    if (!this.#awaitPlayer(seat)) this.#leave(seat);
    // The host already knows the players who were disconnected before the restart.
    else if (!away) this.#report({ type: 'playerDisconnected', player: id });
  }

  /** Waits for a player to reconnect; false if the player cannot reconnect. */
  #awaitPlayer(seat: Seat): boolean {
    if (seat.key === undefined) return false;
    const player = this.#window?.awaitPlayer(() => this.#leave(seat), seat.peer?.address);
    if (player !== undefined) seat.disconnect(player);
    return player !== undefined;
  }

  #leave(seat: Seat): void {
    this.seats.remove(seat);
    this.#report({ type: 'playerLeft', player: seat.id });
  }

  #report(event: RoomEvent): void {
    this.#context.notifyHost(event);
    this.#context.changed();
  }
}
