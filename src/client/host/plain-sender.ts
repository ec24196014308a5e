import { Budget } from '../session/budget.js';
import type { Message } from '../session/envelope.js';
import { toData } from '../session/message.js';
import { cost } from '../session/send-queue.js';
import type { Command } from './room-commands.js';

interface Buffered {
  readonly ids: Set<number>;
  readonly message: Message;
}

/** Sends messages to players without this SDK, and buffers them while the host is disconnected. */
export class PlainSender {
  readonly #budget: Budget;
  readonly #command: (command: Command) => void;
  readonly #lost: (id: number) => void;
  #isPaused = true;
  #backlog: Buffered[] = [];

  /**
   * @param limit largest buffer while the host is disconnected, in bytes; beyond that, the oldest
   * messages are dropped. One message larger than that is buffered in addition
   * @param command sends one command to the relay
   * @param lost is called for each player of each dropped message
   */
  constructor(limit: number, command: (command: Command) => void, lost: (id: number) => void) {
    this.#budget = new Budget(limit);
    this.#command = command;
    this.#lost = lost;
  }

  /** From now on, messages are buffered. */
  pause(): void {
    this.#isPaused = true;
  }

  /** Sends buffered messages, and from now on every message at once. */
  resume(): void {
    this.#isPaused = false;
    for (const { ids, message } of this.#backlog.splice(0)) {
      this.#budget.remove(cost(message));
      this.send([...ids], message);
    }
  }

  send(ids: readonly number[], message: Message): void {
    // An empty list would mean everybody, and signals are only for players with this SDK.
    if (ids.length === 0 || message.kind === 'signal') return;
    if (this.#isPaused) return this.#keep({ ids: new Set(ids), message });
    const data = toData(message);
    this.#command({ cmd: typeof data === 'string' ? 'to_str' : 'to', to: ids, data });
  }

  /** Removes and returns the messages that are buffered for this player. */
  take(id: number): readonly Message[] {
    return this.#backlog.filter(({ ids }) => ids.delete(id)).map(({ message }) => message);
  }

  #keep(buffered: Buffered): void {
    const bytes = cost(buffered.message);
    while (!this.#budget.fits(bytes)) {
      const oldest = this.#backlog.shift();
      if (oldest === undefined) break;
      this.#budget.remove(cost(oldest.message));
      for (const id of oldest.ids) this.#lost(id);
    }
    this.#backlog.push(buffered);
    this.#budget.add(bytes);
  }
}
