import { SendError } from '../errors/send-error.js';
import { Budget } from '../session/budget.js';
import type { Message } from '../session/envelope.js';
import { toData } from '../session/message.js';
import { cost, SendQueue } from '../session/send-queue.js';

/** The part of a player's connection that a sender uses. */
export interface SeatTransport {
  readonly open: boolean;
  readonly buffered: number;
  send(data: string | Uint8Array): void;
}

/** Sends messages to the host, and buffers them until they are acknowledged. */
export class SeatSender {
  readonly queue: SendQueue;
  readonly #limit: number;
  readonly #budget: Budget;
  /** The number of the last message that was sent without an envelope. */
  #lastPlain = 0;

  /** @param limit largest send buffer, in bytes */
  constructor(limit: number) {
    this.#limit = limit;
    this.#budget = new Budget(limit);
    this.queue = new SendQueue(({ message }) => this.#budget.remove(cost(message)));
  }

  /**
   * @param max the largest message that the relay accepts, in bytes; 0 if unknown
   * @throws SendError if this message cannot be sent
   */
  check(message: Message, max: number, connection: SeatTransport): void {
    if (max > 0 && message.body.length > max) throw new SendError('tooLarge', max);
    if (!this.fits(message, connection)) throw new SendError('bufferFull', this.#limit);
  }

  /** Whether the send buffer has space for this message. */
  fits(message: Message, connection: SeatTransport): boolean {
    // Messages that were sent without envelopes are only buffered in case the host greets later.
    const bytes = cost(message);
    while (!this.#budget.fits(bytes) && this.queue.next <= this.#lastPlain) this.queue.drop();
    return this.#budget.fits(bytes) && connection.buffered < this.#limit;
  }

  buffer(message: Message): void {
    this.#budget.add(cost(message));
    this.queue.push({ message, queues: 1 });
  }

  /**
   * Sends the messages that were not sent yet, without envelopes.
   *
   * @param isBuffered whether they stay in the queue, in case the host greets later and gets them again
   */
  sendPlain(connection: SeatTransport, isBuffered: boolean): void {
    if (!connection.open) return;
    for (const message of this.queue.messages(this.#lastPlain + 1)) {
      if (message.kind !== 'signal') connection.send(toData(message));
    }
    this.#lastPlain = this.queue.last;
    if (!isBuffered) this.queue.clear();
  }
}
