import { Budget } from './budget.js';
import type { Message } from './envelope.js';
import { cost, type Entry, SendQueue } from './send-queue.js';

/**
 * The unacknowledged messages of one end to all its receivers, up to a limit. A message to many
 * receivers is stored once. One message larger than the limit is stored in addition. If a message does
 * not fit, the oldest messages of the receivers that are furthest behind are dropped, so a receiver
 * that acknowledges nothing does not cause other receivers to lose messages.
 */
export class SendLog {
  readonly #queues = new Set<SendQueue>();
  /** A message that is sent again to other receivers is still stored once. */
  readonly #entries = new WeakMap<Message, Entry>();
  readonly #budget: Budget;

  /** @param limit largest size, in bytes */
  constructor(limit: number) {
    this.#budget = new Budget(limit);
  }

  get bytes(): number {
    return this.#budget.bytes;
  }

  /** Whether a message fits without dropping others. */
  fits(message: Message): boolean {
    return this.#budget.fits(cost(message));
  }

  /** Opens a queue for a receiver. */
  openQueue(): SendQueue {
    const queue = new SendQueue((entry) => this.#release(entry));
    this.#queues.add(queue);
    return queue;
  }

  closeQueue(queue: SendQueue): void {
    this.#queues.delete(queue);
    queue.clear();
  }

  /** Appends a message to these receivers' queues. */
  add(message: Message, queues: readonly SendQueue[]): void {
    if (queues.length === 0) return;
    const stored = this.#entries.get(message);
    const entry = stored?.queues ? stored : this.#store(message);
    entry.queues += queues.length;
    for (const queue of queues) queue.push(entry);
  }

  #store(message: Message): Entry {
    this.#dropUntilFits(message);
    const entry: Entry = { message, queues: 0 };
    this.#budget.add(cost(message));
    this.#entries.set(message, entry);
    return entry;
  }

  #dropUntilFits(message: Message): void {
    while (!this.fits(message)) {
      let max = 0;
      for (const { bytes } of this.#queues) max = Math.max(max, bytes);
      if (max === 0) return;
      for (const queue of this.#queues) if (queue.bytes === max) queue.drop();
    }
  }

  #release(entry: Entry): void {
    if (--entry.queues === 0) this.#budget.remove(cost(entry.message));
  }
}
