import type { Message } from './exactly-once/envelope.js';

/** A message to players without this SDK. */
export interface PlainMessage {
  readonly ids: readonly number[];
  readonly message: Message;
}

/** What plain players are sent while the host has no line. Past the bound the oldest goes. */
export class PlainBacklog {
  readonly #limit: number;
  #messages: PlainMessage[] = [];
  #bytes = 0;

  /** @param limit most that is kept, in bytes */
  constructor(limit: number) {
    this.#limit = limit;
  }

  add(message: PlainMessage): void {
    this.#messages.push(message);
    this.#bytes += message.message.body.length;
    while (this.#bytes > this.#limit) {
      this.#bytes -= this.#messages.shift()?.message.body.length ?? 0;
    }
  }

  /** All of it, which is then here no more. */
  take(): readonly PlainMessage[] {
    this.#bytes = 0;
    return this.#messages.splice(0);
  }
}
