import { exceedsBuffer } from './event-buffer.js';

const END: IteratorResult<never, undefined> = { done: true, value: undefined };

/** Iterates over messages for a `for await` loop. Throws if the loop falls too far behind. */
export class MessageIterator<Item> implements AsyncIterableIterator<Item> {
  readonly #onEnd: () => void;
  #buffered: { readonly item: Item; readonly bytes: number }[] = [];
  #bytes = 0;
  /** The pending calls of `next`. There are none while messages are buffered. */
  readonly #pendingCalls: ((result: IteratorResult<Item, undefined>) => void)[] = [];
  #isEnded = false;
  #error: RangeError | undefined;

  /** @param onEnd is called once, when the iterator takes no more messages */
  constructor(onEnd: () => void) {
    this.#onEnd = onEnd;
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  /** @param bytes the size of the message before it was decoded */
  push(item: Item, bytes: number): void {
    if (this.#isEnded) return;
    const next = this.#pendingCalls.shift();
    if (next !== undefined) return next({ value: item });
    if (exceedsBuffer(this.#buffered.length + 1, this.#bytes + bytes)) {
      this.#error = new RangeError('messages(): the loop is too slow, and its buffer is full');
      return this.end();
    }
    this.#buffered.push({ item, bytes });
    this.#bytes += bytes;
  }

  /** There are no more messages. The loop gets the buffered ones first. */
  end(): void {
    if (this.#isEnded) return;
    this.#isEnded = true;
    this.#onEnd();
    for (const next of this.#pendingCalls) next(END);
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
    return this.#isEnded ? END : new Promise((resolve) => this.#pendingCalls.push(resolve));
  }

  async return(): Promise<IteratorResult<Item, undefined>> {
    this.#buffered = [];
    this.#error = undefined;
    this.end();
    return END;
  }
}
