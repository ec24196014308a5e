import type { Message } from './envelope.js';

/** The approximate memory that a message takes in addition to its body, in bytes. */
const OVERHEAD = 64;

/** A message that a receiver has not acknowledged. */
export interface Entry {
  readonly message: Message;
  /** How many queues contain it. */
  queues: number;
}

/**
 * The messages that one receiver has not acknowledged. They are numbered from 1, in the order of
 * sending to this receiver.
 */
export class SendQueue {
  readonly #release: (entry: Entry) => void;
  #entries: Entry[] = [];
  /** The index of the first entry in `#entries`. Increasing it is cheaper than shifting the array. */
  #start = 0;
  /** How many messages were removed: acknowledged ones, and dropped ones. */
  #dropped = 0;
  #acked = 0;
  #bytes = 0;

  constructor(release: (entry: Entry) => void) {
    this.#release = release;
  }

  get first(): Entry | undefined {
    return this.#entries[this.#start];
  }

  /** The size of this queue, in bytes. */
  get bytes(): number {
    return this.#bytes;
  }

  /** The number of the last message. */
  get last(): number {
    return this.#dropped + this.#entries.length - this.#start;
  }

  /** The number up to which everything is acknowledged. */
  get acked(): number {
    return this.#acked;
  }

  /** The number of the first message in the queue; of the next one to come if the queue is empty. */
  get next(): number {
    return this.#dropped + 1;
  }

  /** The messages in the queue, in order, from this number on. */
  *messages(from = 0): Generator<Message> {
    const skipped = Math.max(0, from - this.next);
    for (let at = this.#start + skipped; at < this.#entries.length; at++) {
      yield (this.#entries[at] as Entry).message;
    }
  }

  push(entry: Entry): void {
    this.#entries.push(entry);
    this.#bytes += cost(entry.message);
  }

  /** The receiver has received the messages up to this number. Impossible numbers are ignored. */
  ack(number: number): void {
    if (number <= this.#acked || number > this.last) return;
    this.#acked = number;
    while (this.#dropped < number && this.first !== undefined) this.drop();
  }

  /** Removes the first message. */
  drop(): void {
    const { first } = this;
    if (first === undefined) return;
    this.#start++;
    this.#dropped++;
    this.#bytes -= cost(first.message);
    if (this.#start * 2 > this.#entries.length) {
      this.#entries = this.#entries.slice(this.#start);
      this.#start = 0;
    }
    this.#release(first);
  }

  clear(): void {
    while (this.first !== undefined) this.drop();
  }
}

/** The approximate memory that a message takes, in bytes. */
export function cost(message: Message): number {
  return message.body.length + OVERHEAD;
}
