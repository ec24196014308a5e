import { expect } from 'vitest';
import type { Data } from '../../../src/client/index.js';

/** Numbered messages from one end to the other, as text or bytes. Pages at both ends may be reloaded. */
export class Stream {
  page = 1;
  sent = 0;
  /** The number of the last message that arrived, and the page that sent it. */
  received = 0;
  #from = 1;
  #isRestarted = false;
  /** A new receiver may get messages again that the earlier one had not acknowledged. */
  #isNew = false;

  next(): Data {
    const text = `${this.page}:${++this.sent}`;
    return this.sent % 2 === 0 ? text : new TextEncoder().encode(text);
  }

  newSender(): void {
    this.page++;
    this.sent = 0;
  }

  newReceiver(): void {
    this.#isNew = true;
  }

  /** The receiver is notified of a new sender. */
  restart(): void {
    this.#isRestarted = true;
  }

  take(data: Data): void {
    const isText = typeof data === 'string';
    const text = isText ? data : new TextDecoder().decode(data);
    expect(text).toMatch(/^\d+:\d+$/);
    const [page = 0, number = 0] = text.split(':').map(Number);
    expect(isText).toBe(number % 2 === 0);
    if (page > this.#from) {
      expect(this.#isRestarted).toBe(true);
      this.#from = page;
      this.received = 0;
    }
    this.#isRestarted = false;
    expect(page).toBe(this.#from);
    if (this.#isNew) expect(number).toBeLessThanOrEqual(this.received + 1);
    else expect(number).toBe(this.received + 1);
    this.#isNew = false;
    this.received = number;
  }

  /** Checks that all messages of the last sender have arrived. */
  expectEnd(name: string): void {
    if (this.sent > 0) expect([this.#from, this.received], name).toEqual([this.page, this.sent]);
  }
}
