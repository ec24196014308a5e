import { nextPlayerId, type PlayerId } from './ids.js';
import type { SavedRoom } from './saved-room.js';
import type { Seat } from './seat.js';
import type { SecretHash } from './secret.js';

/** Kicked players who are known again, at most; the first of them are forgotten. */
const MAX_BANNED = 65_536;

/** Who sits where in one room, and who must not. */
export class Seats {
  readonly #byId = new Map<number, Seat>();
  #lastId: PlayerId | undefined;
  // Most rooms have no player with a key, and most of the others kick nobody.
  #byKey: Map<SecretHash, Seat> | undefined;
  #banned: Set<SecretHash> | undefined;

  get size(): number {
    return this.#byId.size;
  }

  /** How many players have had a seat so far, those who left included. */
  get everTaken(): number {
    return this.#lastId ?? 0;
  }

  /** What is written down of them. */
  get saved(): Pick<SavedRoom, 'lastId' | 'seats' | 'banned'> {
    const seats = [...this.all()].map(({ id, key, away }) => ({
      id,
      key: key ?? null,
      away: away !== undefined,
    }));
    return { lastId: this.#lastId ?? null, seats, banned: [...(this.#banned ?? [])] };
  }

  /** Goes on behind the last id that was given, and with those who must not come in. */
  restore({ lastId, banned }: SavedRoom): void {
    this.#lastId = lastId ?? undefined;
    for (const key of banned) this.ban(key);
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

  /** An id that nobody here has had. */
  nextId(): PlayerId {
    this.#lastId = nextPlayerId(this.#lastId);
    return this.#lastId;
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
}
