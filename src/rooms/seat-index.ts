import type { RoomCode } from './ids.js';
import type { SecretHash } from './secret.js';

/** What a room needs to say where keys have seats. */
export interface SeatIndexContext {
  readonly identity: { readonly code: RoomCode };
  /** `undefined` if nobody looks for a key without knowing the room. */
  readonly seatIndex?: SeatIndex | undefined;
}

/** The rooms in which keys have seats, or ask for them. */
export class SeatIndex {
  // Nearly every key is in one room: a set for each would take several times as much memory.
  readonly #codes = new Map<SecretHash, RoomCode | Set<RoomCode>>();

  get size(): number {
    return this.#codes.size;
  }

  /** The codes of the rooms in which this key has a seat. */
  of(key: SecretHash): Iterable<RoomCode> {
    const codes = this.#codes.get(key) ?? [];
    return typeof codes === 'string' ? [codes] : codes;
  }

  add(key: SecretHash, code: RoomCode): void {
    const codes = this.#codes.get(key);
    if (codes === undefined) this.#codes.set(key, code);
    else if (typeof codes === 'string') this.#codes.set(key, new Set([codes, code]));
    else codes.add(code);
  }

  remove(key: SecretHash, code: RoomCode): void {
    const codes = this.#codes.get(key);
    if (codes === code) this.#codes.delete(key);
    else if (codes instanceof Set && codes.delete(code) && codes.size === 0)
      this.#codes.delete(key);
  }
}
