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

/** The memory that a banned address or key takes: measured with 130 bytes. */
export const BAN_BYTES = 128;

/** The players and addresses that are banned from one room, for as long as it lasts. */
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
    this.#add(this.#keys, key, MAX_KEYS);
  }

  /** Nobody can join from this address. */
  addAddress(address: string): void {
    this.#addAddressHash(hashSecret(address));
  }

  /** Whether a player with this key or from this address cannot join. */
  include(key: SecretHash | undefined, address: string | undefined): boolean {
    // A hash takes a microsecond, and most rooms ban no address.
    const usesHash = address !== undefined && this.#addresses !== undefined;
    return this.includeHash(key, usesHash ? hashSecret(address) : undefined);
  }

  /** The same with the hash of the address, for a caller that asks many rooms. */
  includeHash(key: SecretHash | undefined, address: SecretHash | undefined): boolean {
    const isKnown = key !== undefined && this.#keys?.has(key) === true;
    return isKnown || (address !== undefined && this.#addresses?.has(address) === true);
  }

  /** Forgets everything: the room has ended. */
  clear(): void {
    const bans = (this.#keys?.size ?? 0) + (this.#addresses?.size ?? 0);
    this.#totals.storedBytes -= bans * BAN_BYTES;
    this.#keys = undefined;
    this.#addresses = undefined;
  }

  #addAddressHash(hash: SecretHash): void {
    this.#addresses ??= new Set();
    this.#add(this.#addresses, hash, MAX_ADDRESSES);
  }

  #add(bans: Set<SecretHash>, hash: SecretHash, max: number): void {
    const before = bans.size;
    bans.add(hash);
    const [first] = bans;
    if (bans.size > max && first !== undefined) bans.delete(first);
    this.#totals.storedBytes += (bans.size - before) * BAN_BYTES;
  }
}
