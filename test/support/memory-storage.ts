import type { BrowserStorage } from '../../src/client/browser.js';

/** A substitute for `Storage`, such as the `sessionStorage` of a tab, that counts writes. */
export class MemoryStorage implements BrowserStorage {
  readonly #entries: Map<string, string>;
  writes = 0;

  constructor(original?: MemoryStorage) {
    this.#entries = new Map(original === undefined ? [] : original.#entries);
  }

  get length(): number {
    return this.#entries.size;
  }

  key(index: number): string | null {
    return [...this.#entries.keys()][index] ?? null;
  }

  getItem(key: string): string | null {
    return this.#entries.get(key) ?? null;
  }

  setItem(key: string, value: string): void {
    this.writes++;
    this.#entries.set(key, value);
  }

  removeItem(key: string): void {
    this.#entries.delete(key);
  }
}
