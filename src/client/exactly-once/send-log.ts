import type { Message } from './envelope.js';

/** What a message takes in memory beside its body, about, in bytes. */
const OVERHEAD = 64;

/** A message that somebody may still need to be sent again. */
interface Entry {
  readonly message: Message;
  /** How many queues it stands in. */
  waiting: number;
}

/**
 * What one side has sent and nobody has acknowledged yet, up to a bound, for all its receivers: a
 * message to many is kept once. Past the bound the oldest goes, whoever is waiting for it.
 */
export class SendLog {
  /** In the order of sending. */
  readonly #entries = new Set<Entry>();
  readonly #queues = new Set<SendQueue>();
  readonly #limit: number;
  #bytes = 0;

  /** @param limit most that is kept, in bytes */
  constructor(limit: number) {
    this.#limit = limit;
  }

  get bytes(): number {
    return this.#bytes;
  }

  /** A queue for one more receiver. */
  openQueue(): SendQueue {
    const queue = new SendQueue((entry) => this.#release(entry));
    this.#queues.add(queue);
    return queue;
  }

  closeQueue(queue: SendQueue): void {
    this.#queues.delete(queue);
    queue.clear();
  }

  /** Keeps a message for these receivers, as the last that they are sent. */
  add(message: Message, queues: readonly SendQueue[]): void {
    if (queues.length === 0) return;
    const entry: Entry = { message, waiting: queues.length };
    this.#entries.add(entry);
    this.#bytes += cost(entry.message);
    for (const queue of queues) queue.push(entry);
    for (const oldest of this.#entries) {
      if (this.#bytes <= this.#limit) return;
      // Queues are in the order of the log: the oldest is the first wherever it stands.
      for (const queue of this.#queues) if (queue.first === oldest) queue.drop();
    }
  }

  #release(entry: Entry): void {
    if (--entry.waiting > 0) return;
    this.#entries.delete(entry);
    this.#bytes -= cost(entry.message);
  }
}

/**
 * What one receiver has not acknowledged yet. Messages are numbered from 1, in the order in which
 * they are sent to this receiver.
 */
export class SendQueue {
  readonly #release: (entry: Entry) => void;
  #entries: Entry[] = [];
  /** Where in `#entries` the first one is: cheaper than to shift them all for each one that goes. */
  #start = 0;
  /** The number of the message before the first that is kept. */
  #before = 0;
  #acked = 0;

  constructor(release: (entry: Entry) => void) {
    this.#release = release;
  }

  get first(): Entry | undefined {
    return this.#entries[this.#start];
  }

  /** The number of the last message sent so far. */
  get last(): number {
    return this.#before + this.#entries.length - this.#start;
  }

  /** Up to here everything is acknowledged. */
  get acked(): number {
    return this.#acked;
  }

  /** The number of the first message that is kept, or will be. */
  get next(): number {
    return this.#before + 1;
  }

  /** What is kept, in order, from a number on. */
  *kept(from = 0): Generator<Message> {
    const skipped = Math.max(0, from - this.next);
    for (let at = this.#start + skipped; at < this.#entries.length; at++) {
      yield (this.#entries[at] as Entry).message;
    }
  }

  push(entry: Entry): void {
    this.#entries.push(entry);
  }

  /** The receiver has had the messages up to this number. Numbers that cannot be are ignored. */
  ack(number: number): void {
    if (number <= this.#acked || number > this.last) return;
    this.#acked = number;
    while (this.#before < number && this.first !== undefined) this.drop();
  }

  /** The first one is not kept any more. */
  drop(): void {
    const { first } = this;
    if (first === undefined) return;
    this.#start++;
    this.#before++;
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

/** What a message takes in memory, about, in bytes. */
export function cost(message: Message): number {
  return message.body.length + OVERHEAD;
}
