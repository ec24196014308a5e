import type { Payload } from '../protocol/payload.js';
import type { PlayerPeer } from './peer.js';
import type { Seat } from './seat.js';
import type { SeatTable } from './seat-table.js';
import type { RoomTotals } from './totals.js';
import { count, type Traffic } from './traffic.js';
import type { RoomValues, ValueRefusal } from './values.js';

/** What deliveries need from their room. */
export interface DeliveriesContext {
  readonly traffic: Traffic;
  readonly totals: RoomTotals;
  readonly values: RoomValues;
  /** The saved state of the room has changed. */
  changed(): void;
}

/** Sends what the host says to the players of one room. */
export class Deliveries {
  readonly #seats: SeatTable;
  readonly #context: DeliveriesContext;
  #last = 0;

  constructor(seats: SeatTable, context: DeliveriesContext) {
    this.#seats = seats;
    this.#context = context;
  }

  /**
   * Sends a message to players: the payload path.
   *
   * @returns how many players it went to
   */
  send(to: 'everybody' | readonly number[], payload: Payload): number {
    const receivers = to === 'everybody' ? this.#broadcast(payload) : this.#sendTo(to, payload);
    this.#count(payload, receivers);
    return receivers;
  }

  /**
   * Sends a message to all players but these; unknown ids are skipped.
   *
   * @returns how many players it went to
   */
  sendExcept(ids: readonly number[], payload: Payload): number {
    const delivery = ++this.#last;
    for (const id of ids) {
      const seat = this.#seats.get(id);
      if (seat !== undefined) seat.lastDelivery = delivery;
    }
    let receivers = 0;
    for (const seat of this.#seats.all()) {
      if (seat.lastDelivery === delivery) continue;
      seat.receiver.send(payload);
      receivers++;
    }
    this.#count(payload, receivers);
    return receivers;
  }

  /**
   * Sets a value for everybody or for one player, and sends it; without a payload, forgets it. An
   * unknown id changes nothing.
   *
   * @returns how many players it went to, or why it cannot be stored; it is then not sent either
   */
  keep(to: 'everybody' | number, key: string, payload?: Payload): number | ValueRefusal {
    const { values } = this.#context;
    const owner = to === 'everybody' ? to : this.#seats.get(to)?.id;
    if (owner === undefined) return 0;
    const refusal = payload && values.set(owner, key, payload);
    if (refusal !== undefined) return refusal;
    if (payload === undefined) values.forget(owner, key);
    this.#context.changed();
    return payload ? this.send(owner === 'everybody' ? owner : [owner], payload) : 0;
  }

  /**
   * Sends a player who connects the values that it has neither seen nor in its buffer. A full buffer
   * drops the oldest messages first, so these values are older than all that is buffered, and come
   * first.
   *
   * @param seen the version of the latest value that the player has seen; 0 for none
   */
  sendValues(seat: Seat, peer: PlayerPeer, seen = 0): void {
    const values = this.#context.values.after(seen, seat.id);
    if (values.length === 0) return;
    const buffered = new Set(seat.buffer?.messages);
    for (const payload of values) {
      if (buffered.has(payload)) continue;
      peer.send(payload);
      this.#count(payload, 1);
    }
  }

  #broadcast(payload: Payload): number {
    for (const seat of this.#seats.all()) seat.receiver.send(payload);
    return this.#seats.size;
  }

  #sendTo(ids: readonly number[], payload: Payload): number {
    const delivery = ++this.#last;
    let receivers = 0;
    for (const id of ids) {
      const seat = this.#seats.get(id);
      if (seat === undefined || seat.lastDelivery === delivery) continue;
      seat.lastDelivery = delivery;
      seat.receiver.send(payload);
      receivers++;
    }
    return receivers;
  }

  #count(payload: Payload, receivers: number): void {
    const { traffic, totals } = this.#context;
    count(traffic.toPlayers, payload, receivers);
    count(totals.traffic.toPlayers, payload, receivers);
  }
}
