import { nextPlayerId, type PlayerId } from './ids.js';
import { aboutBytes } from './join-request.js';
import type { OfflineBuffer } from './offline-buffer.js';
import type { PlayerPeer } from './peer.js';
import type { SavedRoom } from './saved-room.js';
import type { Seat } from './seat.js';
import type { SeatIndexContext } from './seat-index.js';
import type { SecretHash } from './secret.js';
import type { RoomTotals } from './totals.js';

/** What a table needs from its room. */
export interface SeatTableContext extends SeatIndexContext {
  /** Where the players of all rooms are counted. */
  readonly totals: RoomTotals;
}

/** The seats of one room by id and by key. */
export class SeatTable {
  readonly #byId = new Map<number, Seat>();
  #lastId: PlayerId | undefined;
  // Most rooms have no player with a key.
  #byKey: Map<SecretHash, Seat> | undefined;
  readonly #context: SeatTableContext;

  constructor(context: SeatTableContext) {
    this.#context = context;
  }

  get size(): number {
    return this.#byId.size;
  }

  /** How many players have joined so far, including those who have left. */
  get everTaken(): number {
    return this.#lastId ?? 0;
  }

  /** The state to save. */
  get saved(): Pick<SavedRoom, 'lastId' | 'seats'> {
    const seats = [...this.all()].map(({ id, key, buffer, connection, about, seenVersion }) => ({
      id,
      key: key ?? null,
      away: buffer !== undefined,
      ...(connection > 1 && { connection }),
      ...(about !== undefined && { about }),
      ...(buffer !== undefined && seenVersion > 0 && { seen: seenVersion }),
    }));
    return { lastId: this.#lastId ?? null, seats };
  }

  /** Continues after the last id of a saved room. */
  restore({ lastId }: SavedRoom): void {
    this.#lastId = lastId ?? undefined;
  }

  get(id: number): Seat | undefined {
    return this.#byId.get(id);
  }

  /** The seat of the player with this key. */
  withKey(key: SecretHash): Seat | undefined {
    return this.#byKey?.get(key);
  }

  /** All seats, in the order in which they were taken. */
  all(): MapIterator<Seat> {
    return this.#byId.values();
  }

  /** The ids of all seats. */
  ids(): PlayerId[] {
    return [...this.#byId.values()].map(({ id }) => id);
  }

  /** The ids of the seats of disconnected players. */
  disconnectedIds(): PlayerId[] {
    return [...this.#byId.values()].flatMap(({ id, buffer }) => (buffer === undefined ? [] : id));
  }

  /** The offline buffers of all disconnected players. */
  buffers(): OfflineBuffer[] {
    return [...this.all()].flatMap(({ buffer }) => buffer ?? []);
  }

  /** Returns a new id, which no player of this room has had. */
  nextId(): PlayerId {
    this.#lastId = nextPlayerId(this.#lastId);
    return this.#lastId;
  }

  add(seat: Seat): void {
    const { totals, seatIndex, identity } = this.#context;
    totals.players++;
    totals.storedBytes += aboutBytes(seat.about);
    this.#byId.set(seat.id, seat);
    if (seat.key === undefined) return;
    this.#byKey ??= new Map();
    this.#byKey.set(seat.key, seat);
    seatIndex?.add(seat.key, identity.code);
  }

  /** @returns the player's connection, which the caller closes; `undefined` if disconnected */
  remove(seat: Seat): PlayerPeer | undefined {
    this.setAbout(seat, undefined);
    if (this.#byId.delete(seat.id)) this.#removed(seat);
    return seat.vacate();
  }

  /** The player in this seat says something else about itself. */
  setAbout(seat: Seat, about: string | undefined): void {
    this.#context.totals.storedBytes += aboutBytes(about) - aboutBytes(seat.about);
    seat.about = about;
  }

  #removed({ key }: Seat): void {
    const { totals, seatIndex, identity } = this.#context;
    totals.players--;
    if (key === undefined) return;
    this.#byKey?.delete(key);
    seatIndex?.remove(key, identity.code);
  }
}
