import type { SavedRoom } from './saved-room.js';
import { hashSecret, type SecretHash } from './secret.js';
import type { RoomTotals } from './totals.js';

/**
 * How many keys of kicked players a room stores; the oldest are deleted. Otherwise a player who joins
 * and is kicked in a loop would fill the memory.
 */
const MAX_KEYS = 512;

/** How many addresses of kicked players a room stores; the oldest are deleted. */
export const MAX_ADDRESSES = 256;

/** The memory that a banned address takes: measured with 130 bytes. */
export const ADDRESS_BYTES = 128;

/** Who cannot join one room again, for as long as it lasts. */
export class Bans {
  // Most rooms ban nobody.
  #keys: Set<SecretHash> | undefined;
  #addresses: Set<SecretHash> | undefined;
  readonly #totals: RoomTotals;

  /** @param totals where the stored bytes of all rooms are counted */
  constructor(totals: RoomTotals) {
    this.#totals = totals;
  }

  /** The state to save. */
  get saved(): Pick<SavedRoom, 'banned' | 'bannedAddresses'> {
    return {
      banned: [...(this.#keys ?? [])],
      ...(this.#addresses && { bannedAddresses: [...this.#addresses] }),
    };
  }

  restore({ banned, bannedAddresses = [] }: SavedRoom): void {
    for (const key of banned) this.addKey(key);
    for (const hash of bannedAddresses) this.#addAddressHash(hash);
  }

  /** A player with this key cannot join again. */
  addKey(key: SecretHash): void {
    this.#keys ??= new Set();
    addBounded(this.#keys, key, MAX_KEYS);
  }

  /** Nobody can join from this address. */
  addAddress(address: string): void {
    this.#addAddressHash(hashSecret(address));
  }

  /** Whether a player with this key or from this address cannot join. */
  include(key: SecretHash | undefined, address: string | undefined): boolean {
    const isKnown = key !== undefined && this.#keys?.has(key);
    if (isKnown || this.#addresses === undefined || address === undefined) return isKnown ?? false;
    return this.#addresses.has(hashSecret(address));
  }

  /** Forgets everything: the room has ended. */
  clear(): void {
    this.#totals.storedBytes -= (this.#addresses?.size ?? 0) * ADDRESS_BYTES;
    this.#keys = undefined;
    this.#addresses = undefined;
  }

  #addAddressHash(hash: SecretHash): void {
    this.#addresses ??= new Set();
    const before = this.#addresses.size;
    addBounded(this.#addresses, hash, MAX_ADDRESSES);
    this.#totals.storedBytes += (this.#addresses.size - before) * ADDRESS_BYTES;
  }
}

function addBounded<T>(set: Set<T>, item: T, most: number): void {
  set.add(item);
  const [first] = set;
  if (set.size > most && first !== undefined) set.delete(first);
}
