import type { PlayerId } from './ids.js';
import type { Seat } from './seat.js';
import type { SecretHash } from './secret.js';

/** Kicked players who are known again, at most; the first of them are forgotten. */
const MAX_BANNED = 65_536;

/** Who sits where in one room, and who must not. */
export class Seats {
  readonly #byId = new Map<number, Seat>();
  // Most rooms have no player with a key, and most of the others kick nobody.
  #byKey: Map<SecretHash, Seat> | undefined;
  #banned: Set<SecretHash> | undefined;

  get size(): number {
    return this.#byId.size;
  }

  get(id: number): Seat | undefined {
    return this.#byId.get(id);
  }

  /** The seat of whoever has this key. */
  withKey(key: SecretHash): Seat | undefined {
    return this.#byKey?.get(key);
  }

  /** All of them, in the order in which they were taken. */
  all(): MapIterator<Seat> {
    return this.#byId.values();
  }

  /** The ids of all, or of those that a condition holds for. */
  ids(condition?: (seat: Seat) => boolean): PlayerId[] {
    const seats = condition === undefined ? [...this.all()] : [...this.all()].filter(condition);
    return seats.map(({ id }) => id);
  }

  add(seat: Seat): void {
    this.#byId.set(seat.id, seat);
    if (seat.key === undefined) return;
    this.#byKey ??= new Map();
    this.#byKey.set(seat.key, seat);
  }

  remove(seat: Seat): void {
    seat.taken = false;
    seat.stopWaiting?.();
    this.#byId.delete(seat.id);
    if (seat.key !== undefined) this.#byKey?.delete(seat.key);
  }

  /** Whoever has this key does not come in again. */
  ban(key: SecretHash): void {
    this.#banned ??= new Set();
    this.#banned.add(key);
    const [first] = this.#banned;
    if (this.#banned.size > MAX_BANNED && first !== undefined) this.#banned.delete(first);
  }

  isBanned(key: SecretHash): boolean {
    return this.#banned?.has(key) ?? false;
  }

  get banned(): Iterable<SecretHash> {
    return this.#banned ?? [];
  }
}
