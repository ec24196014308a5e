/** The connections of a worker, by address. */
export class ConnectionCounts {
  readonly #counts = new Map<string, number>();
  #size = 0;

  get size(): number {
    return this.#size;
  }

  add(address: string): void {
    this.#size++;
    this.#counts.set(address, (this.#counts.get(address) ?? 0) + 1);
  }

  remove(address: string): void {
    this.#size--;
    const left = (this.#counts.get(address) ?? 0) - 1;
    if (left > 0) this.#counts.set(address, left);
    else this.#counts.delete(address);
  }

  /** Removes all. Returns the address of each connection. */
  removeAll(): string[] {
    const all = [...this.#counts].flatMap(([address, count]) => Array(count).fill(address));
    this.#counts.clear();
    this.#size = 0;
    return all;
  }
}
