import { isOverfull } from './event-buffer.js';

const END: IteratorResult<never, undefined> = { done: true, value: undefined };

/** The messages for a `for await` loop. It throws if the loop falls too far behind. */
export class MessageIterator<Item> implements AsyncIterableIterator<Item> {
  readonly #ended: () => void;
  #buffered: { readonly item: Item; readonly bytes: number }[] = [];
  #bytes = 0;
  /** Calls of `next` that have no message yet. There are none while messages are buffered. */
  readonly #waiting: ((result: IteratorResult<Item, undefined>) => void)[] = [];
  #isEnded = false;
  #error: RangeError | undefined;

  /** @param ended is called once, when no more messages are taken */
  constructor(ended: () => void) {
    this.#ended = ended;
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  /** @param bytes the size of the message when it came */
  push(item: Item, bytes: number): void {
    if (this.#isEnded) return;
    const next = this.#waiting.shift();
    if (next !== undefined) return next({ value: item });
    if (isOverfull(this.#buffered.length + 1, this.#bytes + bytes)) {
      this.#error = new RangeError('messages(): the loop is too slow, and its buffer is full');
      return this.end();
    }
    this.#buffered.push({ item, bytes });
    this.#bytes += bytes;
  }

  /** No more messages come; the loop gets the buffered ones first. */
  end(): void {
    if (this.#isEnded) return;
    this.#isEnded = true;
    this.#ended();
    for (const next of this.#waiting) next(END);
  }

  async next(): Promise<IteratorResult<Item, undefined>> {
    const first = this.#buffered.shift();
    if (first !== undefined) {
      this.#bytes -= first.bytes;
      return { value: first.item };
    }
    const error = this.#error;
    this.#error = undefined;
    if (error !== undefined) throw error;
    return this.#isEnded ? END : new Promise((resolve) => this.#waiting.push(resolve));
  }

  async return(): Promise<IteratorResult<Item, undefined>> {
    this.#buffered = [];
    this.#error = undefined;
    this.end();
    return END;
  }
}
