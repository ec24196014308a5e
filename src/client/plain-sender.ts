import type { Message } from './exactly-once/envelope.js';
import { cost } from './exactly-once/send-log.js';
import { toData } from './message.js';
import type { Command } from './room-commands.js';

interface Waiting {
  readonly ids: Set<number>;
  readonly message: Message;
}

/** Sends to players without this SDK: messages as they are, and later while there is no line. */
export class PlainSender {
  readonly #limit: number;
  readonly #command: (command: Command) => void;
  #isPaused = true;
  #backlog: Waiting[] = [];
  #bytes = 0;

  /**
   * @param limit most that is kept while there is no line, in bytes; past it the oldest goes
   * @param command hands one command to the relay
   */
  constructor(limit: number, command: (command: Command) => void) {
    this.#limit = limit;
    this.#command = command;
  }

  /** What is sent from now on waits. */
  pause(): void {
    this.#isPaused = true;
  }

  /** Sends what has waited, and from now on everything at once. */
  resume(): void {
    this.#isPaused = false;
    this.#bytes = 0;
    for (const { ids, message } of this.#backlog.splice(0)) this.send([...ids], message);
  }

  send(ids: readonly number[], message: Message): void {
    // A list without ids would be everybody, and signals are for the SDK.
    if (ids.length === 0 || message.kind === 'signal') return;
    if (this.#isPaused) return this.#keep({ ids: new Set(ids), message });
    const data = toData(message);
    this.#command({ cmd: typeof data === 'string' ? 'to_str' : 'to', to: ids, data });
  }

  /** What waits for this player, who is to have it in another way. */
  take(id: number): readonly Message[] {
    return this.#backlog.filter(({ ids }) => ids.delete(id)).map(({ message }) => message);
  }

  #keep(waiting: Waiting): void {
    const bytes = cost(waiting.message);
    // What does not fit at all is not to push out what does.
    if (bytes > this.#limit) return;
    this.#backlog.push(waiting);
    this.#bytes += bytes;
    while (this.#bytes > this.#limit) {
      const oldest = this.#backlog.shift() as Waiting;
      this.#bytes -= cost(oldest.message);
    }
  }
}
