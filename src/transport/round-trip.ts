import { randomFillSync } from 'node:crypto';

/** In bytes: a client cannot guess the answer before it has the ping. */
const LENGTH = 8;

/** Measures how long a client takes to answer a ping. Times are in milliseconds. */
export class RoundTrip {
  readonly #data = Buffer.allocUnsafeSlow(LENGTH);
  #sentAt: number | undefined;

  /** Starts to measure; returns the data of the ping. */
  start(now: number): Buffer {
    this.#sentAt = now;
    return randomFillSync(this.#data);
  }

  /** The answer is late for other reasons than the network. */
  cancel(): void {
    this.#sentAt = undefined;
  }

  /** The round-trip time; `undefined` if this pong does not answer the ping, or has come before. */
  end(pong: Buffer, now: number): number | undefined {
    if (this.#sentAt === undefined || !this.#data.equals(pong)) return undefined;
    const time = now - this.#sentAt;
    this.#sentAt = undefined;
    return time;
  }
}
