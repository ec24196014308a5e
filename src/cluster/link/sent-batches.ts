import type { Buffer } from 'node:buffer';
import { distance, FIRST_NUMBER, plus } from '../wire/wire.js';

export interface Batch {
  readonly number: number;
  readonly bytes: Buffer;
  /** The time of the latest transmission. */
  sentAt: number;
  /** The number of transmissions. */
  times: number;
}

/** Limits the memory of many small batches. Above it, frames wait, and are sent in larger batches. */
const MAX_BATCHES = 4096;

/** The batches that are not acknowledged, with a cursor at the batch that is sent next. */
export class SentBatches {
  #batches: Batch[] = [];
  #first = 0;
  /** The index of the batch that is sent next. */
  #cursor = 0;
  #last = plus(FIRST_NUMBER, -1);
  #bytes = 0;

  get length(): number {
    return this.#batches.length - this.#first;
  }

  get isFull(): boolean {
    return this.length >= MAX_BATCHES;
  }

  get bytes(): number {
    return this.#bytes;
  }

  /** The number of the newest batch. */
  get last(): number {
    return this.#last;
  }

  get oldest(): Batch | undefined {
    return this.#batches[this.#first];
  }

  add(bytes: Buffer): void {
    this.#last = plus(this.#last, 1);
    this.#bytes += bytes.length;
    this.#batches.push({ number: this.#last, bytes, sentAt: 0, times: 0 });
  }

  /** The batch that is sent next; `undefined` if all are sent. */
  next(): Batch | undefined {
    const batch = this.#batches[this.#cursor];
    if (batch !== undefined) this.#cursor++;
    return batch;
  }

  get hasNext(): boolean {
    return this.#cursor < this.#batches.length;
  }

  /** Moves the cursor back to the oldest batch. */
  rewind(): void {
    this.#cursor = this.#first;
  }

  /**
   * Removes all batches up to this number.
   *
   * @returns the newest of them; `undefined` if there is none; false if that number was never sent
   */
  acknowledge(number: number): Batch | undefined | false {
    if (distance(number, this.#last) > 0) return false;
    let newest: Batch | undefined;
    for (let next = this.oldest; next !== undefined; next = this.oldest) {
      if (distance(next.number, number) > 0) break;
      if (next.times === 0) return false;
      newest = next;
      this.#bytes -= next.bytes.length;
      this.#first++;
    }
    this.#cursor = Math.max(this.#cursor, this.#first);
    if (this.#first * 2 >= this.#batches.length) this.#compact();
    return newest;
  }

  clear(): void {
    this.#batches = [];
    this.#first = 0;
    this.#cursor = 0;
    this.#bytes = 0;
  }

  #compact(): void {
    this.#batches = this.#batches.slice(this.#first);
    this.#cursor -= this.#first;
    this.#first = 0;
  }
}
