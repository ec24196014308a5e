import { expect } from 'vitest';
import type { Data } from '../../../src/client/index.js';

/** Messages from one page after the other to one page after the other: numbers, as text or bytes. */
export class Stream {
  page = 1;
  sent = 0;
  /** The number of the last one that came, and the page that it is of. */
  received = 0;
  #from = 1;
  #isRestarted = false;
  /** A new receiver may get again what the one before has not acknowledged. */
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

  /** The receiver is told that there is a new sender. */
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

  /** Everything has come that the last sender has sent. */
  expectEnd(name: string): void {
    if (this.sent > 0) expect([this.#from, this.received], name).toEqual([this.page, this.sent]);
  }
}
