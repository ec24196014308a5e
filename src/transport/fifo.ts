/**
 * A list that is filled at its end and emptied from its front. `shift` of an array with more than
 * some ten thousand elements moves all of them: 10 to 50 µs each time.
 */
export class Fifo<T> {
  #items: (T | undefined)[] = [];
  #first = 0;

  get length(): number {
    return this.#items.length - this.#first;
  }

  push(item: T): void {
    this.#items.push(item);
  }

  /** The oldest item; `undefined` if there is none. */
  peek(): T | undefined {
    return this.#items[this.#first];
  }

  /** Takes the oldest item out; `undefined` if there is none. */
  shift(): T | undefined {
    if (this.length === 0) return undefined;
    const item = this.#items[this.#first];
    this.#items[this.#first++] = undefined;
    // Each item is moved once on average.
    if (this.#first * 2 >= this.#items.length) {
      this.#items = this.#items.slice(this.#first);
      this.#first = 0;
    }
    return item;
  }
}
