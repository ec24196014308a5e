import { NetworkCounts } from './network-counts.js';

export interface SlotBounds {
  /** The most that one address may have; 0 for no limit. Its networks may have multiples. */
  readonly perAddress: number;
  /** The most that a network may have, whatever its share. */
  readonly perNetwork: number;
  /** The most in total; no limit by default. */
  readonly total?: number;
  /** Whether the limits per address do not apply to this address. */
  readonly isExempt: (address: string) => boolean;
}

/** Limits how many of something are in use: in total, per address and per network. */
export class Slots {
  /** How many are in use. */
  used = 0;
  /** How often `take` has refused one. */
  refused = 0;
  readonly #bounds: SlotBounds;
  readonly #counts: NetworkCounts;

  constructor(bounds: SlotBounds) {
    this.#bounds = bounds;
    this.#counts = new NetworkCounts(bounds.perNetwork);
  }

  /** Takes slots for this address; false if a limit would be exceeded. All slots must be freed. */
  take(address: string, amount = 1): boolean {
    if (!this.#has(address, amount)) {
      this.refused++;
      return false;
    }
    this.add(address, amount);
    return true;
  }

  /** Takes slots even if a limit is exceeded. */
  add(address: string, amount = 1): void {
    this.used += amount;
    this.#counts.add(address, amount);
  }

  /** Frees slots of this address. */
  free(address: string, amount = 1): void {
    this.used -= amount;
    this.#counts.remove(address, amount);
  }

  #has(address: string, amount: number): boolean {
    const { total = Number.POSITIVE_INFINITY, perAddress, isExempt } = this.#bounds;
    if (this.used + amount > total) return false;
    if (perAddress === 0 || isExempt(address)) return true;
    return !this.#counts.wouldExceed(perAddress, address, amount);
  }
}
