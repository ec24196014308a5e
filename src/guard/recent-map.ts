/**
 * A map that remembers what was used last and forgets the rest, so that a flood of keys does not
 * fill the memory. It keeps two generations: when the young one is full the old one is forgotten
 * and the young one grows old. That is at least `bound / 2` of the latest keys and never more than
 * `bound`, with no bookkeeping of their order.
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
}
