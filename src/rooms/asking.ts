import { CLOSE_REASONS, type CloseReason } from '../protocol/close-codes.js';
import type { PlayerId } from './ids.js';
import { aboutBytes } from './join-request.js';
import type { PlayerPeer } from './peer.js';
import type { RoomEvent } from './room-event.js';
import type { SavedRoom } from './saved-room.js';
import type { Seat } from './seat.js';
import type { SeatIndexContext } from './seat-index.js';
import type { SecretHash } from './secret.js';
import type { Timers } from './timers.js';
import type { RoomTotals } from './totals.js';

/** How many players may ask at a time. */
export const MAX_ASKING = 16;

/** How long the host has to answer, in milliseconds. */
export const ASK_TIMEOUT = 60_000;

/** What asking needs from the room. */
export interface AskingContext extends Timers, SeatIndexContext {
  readonly totals: RoomTotals;
  notifyHost(event: RoomEvent): void;
  /** The saved state of the room has changed. */
  changed(): void;
}

interface Asker {
  readonly seat: Seat;
  readonly stopTimer: () => void;
}

/**
 * The players about whom the host is asked. Each of them becomes a player of the room, or the host gets
 * `playerLeft`.
 */
export class Asking {
  /** How many have asked, and have not been admitted. */
  unseated = 0;
  readonly #askers = new Map<number, Asker>();
  readonly #context: AskingContext;

  constructor(context: AskingContext) {
    this.#context = context;
  }

  get isFull(): boolean {
    return this.#askers.size >= MAX_ASKING;
  }

  /** In the order in which they asked. */
  get ids(): PlayerId[] {
    return this.seats.map(({ id }) => id);
  }

  get seats(): Seat[] {
    return [...this.#askers.values()].map(({ seat }) => seat);
  }

  /** The state to save. */
  get saved(): Pick<SavedRoom, 'asking'> {
    return this.#askers.size > 0 ? { asking: this.ids } : {};
  }

  /** Players who were asking when the relay stopped are gone; the host may have been told of them. */
  restore({ asking = [] }: SavedRoom): void {
    for (const player of asking) this.#context.notifyHost({ type: 'playerLeft', player });
  }

  has(seat: Seat): boolean {
    return this.#askers.has(seat.id);
  }

  /** The seat that the player with this key asks for. */
  withKey(key: SecretHash): Seat | undefined {
    return this.seats.find((seat) => seat.key === key);
  }

  /** Asks the host whether this player may have this seat. */
  add(seat: Seat, peer: PlayerPeer, about: string | undefined): void {
    seat.ask(peer);
    seat.about = about;
    const timeOut = (): void => this.#remove(seat)?.close(CLOSE_REASONS.notAdmitted);
    const stopTimer = this.#context.after(ASK_TIMEOUT, timeOut);
    this.#askers.set(seat.id, { seat, stopTimer });
    const { totals, seatIndex, identity } = this.#context;
    totals.storedBytes += aboutBytes(about);
    if (seat.key !== undefined) seatIndex?.add(seat.key, identity.code);
    this.unseated++;
    this.#report({
      type: 'playerAsks',
      player: seat.id,
      ...(about !== undefined && { about }),
    });
  }

  /** The player asks by another connection, because the earlier one is lost. The time goes on. */
  askAgain(seat: Seat, peer: PlayerPeer, about: string | undefined): void {
    seat.ask(peer)?.close(CLOSE_REASONS.replaced);
    if (about === undefined || about === seat.about) return;
    this.#context.totals.storedBytes += aboutBytes(about) - aboutBytes(seat.about);
    seat.about = about;
    this.#context.notifyHost({ type: 'aboutChanged', player: seat.id, about });
  }

  /** Takes the seat of a player whom the host admits; `undefined` if nobody with this id asks. */
  take(id: number): Seat | undefined {
    const seat = this.#delete(id);
    if (seat !== undefined) this.unseated--;
    return seat;
  }

  /** The player has left before the host has answered. */
  left(seat: Seat): void {
    this.#remove(seat);
  }

  /** The seat for which the player with this id asks. */
  get(id: number): Seat | undefined {
    return this.#askers.get(id)?.seat;
  }

  /** The host refuses the player who asks for this seat. */
  refuse(seat: Seat, reason: CloseReason): void {
    this.#remove(seat)?.close(reason);
  }

  /** Nobody can be admitted any more. */
  refuseAll(reason: CloseReason): void {
    for (const seat of this.seats) this.refuse(seat, reason);
  }

  /** The room has ended. */
  closeAll(reason: CloseReason): void {
    for (const seat of this.seats) this.#forget(seat)?.close(reason);
  }

  /** @returns the connection, which the caller closes */
  #remove(seat: Seat): PlayerPeer | undefined {
    const peer = this.#forget(seat);
    this.#report({ type: 'playerLeft', player: seat.id });
    return peer;
  }

  #forget(seat: Seat): PlayerPeer | undefined {
    this.#delete(seat.id);
    return seat.vacate();
  }

  #delete(id: number): Seat | undefined {
    const asker = this.#askers.get(id);
    if (asker === undefined) return undefined;
    this.#askers.delete(id);
    asker.stopTimer();
    const { totals, seatIndex, identity } = this.#context;
    const { seat } = asker;
    totals.storedBytes -= aboutBytes(seat.about);
    if (seat.key !== undefined) seatIndex?.remove(seat.key, identity.code);
    return seat;
  }

  #report(event: RoomEvent): void {
    this.#context.notifyHost(event);
    this.#context.changed();
  }
}
