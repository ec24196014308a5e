import { Budget } from '../session/budget.js';
import type { Message } from '../session/envelope.js';
import { toData } from '../session/message.js';
import { cost } from '../session/send-queue.js';
import type { Command } from './room-commands.js';

interface BufferedMessage {
  readonly ids: Set<number>;
  readonly message: Message;
}

/** Sends messages to players without this SDK, and buffers them while the host is disconnected. */
export class PlainSender {
  readonly #budget: Budget;
  readonly #sendCommand: (command: Command) => void;
  readonly #reportLost: (id: number) => void;
  #isPaused = true;
  #buffered: BufferedMessage[] = [];

  /**
   * @param limit largest buffer while the host is disconnected, in bytes; beyond that, the oldest
   * messages are dropped. One message larger than that is buffered in addition
   * @param sendCommand sends one command to the relay
   * @param reportLost is called for each receiver of each dropped message
   */
  constructor(
    limit: number,
    sendCommand: (command: Command) => void,
    reportLost: (id: number) => void,
  ) {
    this.#budget = new Budget(limit);
    this.#sendCommand = sendCommand;
    this.#reportLost = reportLost;
  }

  /** From now on, messages are buffered. */
  pause(): void {
    this.#isPaused = true;
  }

  /** Sends the buffered messages. From now on, messages are sent at once. */
  resume(): void {
    this.#isPaused = false;
    for (const { ids, message } of this.#buffered.splice(0)) {
      this.#budget.remove(cost(message));
      this.send([...ids], message);
    }
  }

  send(ids: readonly number[], message: Message): void {
    // To the relay, an empty list means everybody. Signals are only for players with this SDK.
    if (ids.length === 0 || message.kind === 'signal') return;
    if (this.#isPaused) return this.#buffer({ ids: new Set(ids), message });
    const data = toData(message);
    this.#sendCommand({ cmd: typeof data === 'string' ? 'to_str' : 'to', to: ids, data });
  }

  /** Removes and returns the messages that are buffered for this player. */
  take(id: number): readonly Message[] {
    return this.#buffered.filter(({ ids }) => ids.delete(id)).map(({ message }) => message);
  }

  #buffer(buffered: BufferedMessage): void {
    const bytes = cost(buffered.message);
    while (!this.#budget.fits(bytes)) {
      const oldest = this.#buffered.shift();
      if (oldest === undefined) break;
      this.#budget.remove(cost(oldest.message));
      for (const id of oldest.ids) this.#reportLost(id);
    }
    this.#buffered.push(buffered);
    this.#budget.add(bytes);
  }
}
