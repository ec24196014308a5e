import { type Network, networksOf } from './networks.js';

/** Counts something for each address and each network that contains it. */
export class NetworkCounts {
  readonly #counts = new Map<string, number>();
  readonly #max: number;

  /**
   * @param max the most that a network may have, whatever its share, so that one network cannot
   * use up everything. It does not reduce the limit of one address.
   */
  constructor(max = Number.POSITIVE_INFINITY) {
    this.#max = max;
  }

  /** The address has so many more. */
  add(address: string, amount = 1): void {
    for (const { name } of networksOf(address)) {
      this.#counts.set(name, (this.#counts.get(name) ?? 0) + amount);
    }
  }

  /** The address has so many less. */
  remove(address: string, amount = 1): void {
    for (const { name } of networksOf(address)) {
      const left = (this.#counts.get(name) ?? 0) - amount;
      if (left > 0) this.#counts.set(name, left);
      else this.#counts.delete(name);
    }
  }

  /** Whether the address has at least `count`, or one of its networks the multiple. */
  reaches(count: number, address: string): boolean {
    return networksOf(address).some((each) => this.#of(each) >= this.#bound(count, each));
  }

  /** Whether the address has more than `count`, or one of its networks more than the multiple. */
  exceeds(count: number, address: string): boolean {
    return networksOf(address).some((each) => this.#of(each) > this.#bound(count, each));
  }

  /** Whether the address, or one of its networks, would exceed its limit with `amount` more. */
  wouldExceed(count: number, address: string, amount: number): boolean {
    return networksOf(address).some((each) => this.#of(each) + amount > this.#bound(count, each));
  }

  /** How many addresses and networks have a count above 0. */
  get size(): number {
    return this.#counts.size;
  }

  #of({ name }: Network): number {
    return this.#counts.get(name) ?? 0;
  }

  #bound(count: number, { share }: Network): number {
    return Math.max(count, Math.min(share * count, this.#max));
  }
}
