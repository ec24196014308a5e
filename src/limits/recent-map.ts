/**
 * A map of limited size that deletes old keys, so that a flood of keys does not fill the memory. It
 * has two generations: when the young one is full, it replaces the old one. So it contains at least
 * the `bound / 2` keys that were set last, and at most `bound` keys, without tracking their order.
 */
export class RecentMap<Value> {
  readonly #half: number;
  #young = new Map<string, Value>();
  #old = new Map<string, Value>();

  constructor(bound: number) {
    this.#half = bound / 2;
  }

  get size(): number {
    return this.#young.size + this.#old.size;
  }

  get(key: string): Value | undefined {
    return this.#young.get(key) ?? this.#old.get(key);
  }

  set(key: string, value: Value): void {
    this.#old.delete(key);
    this.#young.set(key, value);
    if (this.#young.size < this.#half) return;
    this.#old = this.#young;
    this.#young = new Map();
  }

  delete(key: string): void {
    this.#young.delete(key);
    this.#old.delete(key);
  }
}
