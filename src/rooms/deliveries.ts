import type { Payload } from '../protocol/payload.js';
import type { ToAudience } from '../protocol/to-audience.js';
import type { Audience } from './audience.js';
import type { PlayerPeer } from './peer.js';
import type { Seat } from './seat.js';
import type { SeatTable } from './seat-table.js';
import type { RoomTotals } from './totals.js';
import { count, type Traffic } from './traffic.js';
import type { RoomValues, ValueOwner, ValueRefusal } from './values.js';

/** What deliveries need from their room. */
export interface DeliveriesContext {
  readonly traffic: Traffic;
  readonly totals: RoomTotals;
  readonly values: RoomValues;
  /** `undefined` if the room has none: then messages for it go to players only. */
  readonly audience: Audience | undefined;
  /** The saved state of the room has changed. */
  changed(): void;
}

/** Who gets a value besides players, and when. */
export interface KeepOptions {
  /** Whether the value is for the audience, too, or only for it. */
  readonly audience?: ToAudience | undefined;
  /** Whether nobody gets it now, but only those who ask for all values when they connect. */
  readonly later?: boolean | undefined;
}

/** Sends what the host says to the players and the audience of one room. */
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
   * Sends a message to the audience, and to players unless it is for the audience only.
   *
   * @returns how many it went to
   */
  sendToAudience(
    audience: ToAudience,
    to: 'everybody' | readonly number[],
    payload: Payload,
  ): number {
    const players = this.#skipsPlayers(audience) ? 0 : this.send(to, payload);
    return players + this.#show(payload, audience);
  }

  /**
   * Sends a message to all players but these, and to the audience if wanted; unknown ids are skipped.
   *
   * @returns how many it went to
   */
  sendExcept(ids: readonly number[], payload: Payload, audience?: ToAudience): number {
    const players = this.#skipsPlayers(audience) ? 0 : this.#sendExcept(ids, payload);
    return players + this.#show(payload, audience);
  }

  #sendExcept(ids: readonly number[], payload: Payload): number {
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
   * @returns how many it went to, or why it cannot be stored; it is then not sent either
   */
  keep(
    to: 'everybody' | number,
    key: string,
    payload?: Payload,
    { audience, later }: KeepOptions = {},
  ): number | ValueRefusal {
    const { values } = this.#context;
    const owners = this.#ownersOf(to, audience);
    if (owners.length === 0) return 0;
    const refusal = payload && values.set(owners, key, payload, later);
    if (refusal !== undefined) return refusal;
    if (payload === undefined) for (const owner of owners) values.forget(owner, key);
    this.#context.changed();
    if (payload === undefined || later) return 0;
    const players = this.#skipsPlayers(audience)
      ? 0
      : this.send(to === 'everybody' ? to : [to], payload);
    return players + this.#show(payload, audience);
  }

  /**
   * Sends a player who connects the values that it has neither seen nor in its buffer. A full buffer
   * drops the oldest messages first, so these values are older than all that is buffered, and come
   * first.
   *
   * @param seen the version of the latest value that the player has seen; 0 for none
   */
  sendValues(seat: Seat, peer: PlayerPeer, seen = 0): void {
    const { id: player, allValues: all } = seat;
    const values = this.#context.values.after(all ? 0 : seen, { player, all });
    if (values.length === 0) return;
    const buffered = new Set(seat.buffer?.messages);
    for (const payload of values) {
      if (buffered.has(payload)) continue;
      peer.send(payload);
      this.#count(payload, 1);
    }
  }

  /**
   * Sends the values for the audience to a new viewer.
   *
   * @param all whether the viewer has asked for all values
   */
  sendValuesToViewer(viewer: Pick<PlayerPeer, 'send'>, all = false): void {
    for (const payload of this.#context.values.forAudience(all)) {
      viewer.send(payload);
      this.#count(payload, 1);
    }
  }

  /** Whether a message is for the audience only. */
  #skipsPlayers(audience: ToAudience | undefined): boolean {
    return audience === 'only' && this.#context.audience !== undefined;
  }

  /** Sends a message to the audience, if it is for it. Returns how many viewers it went to. */
  #show(payload: Payload, to: ToAudience | undefined): number {
    const viewers = to === undefined ? 0 : (this.#context.audience?.send(payload) ?? 0);
    this.#count(payload, viewers);
    return viewers;
  }

  /** Who gets a value; nobody for an unknown id. */
  #ownersOf(to: 'everybody' | number, audience: ToAudience | undefined): ValueOwner[] {
    const id = to === 'everybody' ? to : this.#seats.get(to)?.id;
    const players = id === undefined || this.#skipsPlayers(audience) ? [] : [id];
    const hasViewers = audience !== undefined && this.#context.audience !== undefined;
    return hasViewers ? [...players, 'audience'] : players;
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
