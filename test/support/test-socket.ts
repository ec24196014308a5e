import type { Socket } from 'node:net';
import type { BacklogListener } from '../../src/transport/send-queue.js';

export const noListener: BacklogListener = {
  backlogChanged() {},
  encodingFailed(error) {
    throw error;
  },
};

/** A socket that stores what is written. Its simulated kernel accepts data or does not. */
export class TestSocket {
  writable = true;
  writableLength = 0;
  /** Whether the kernel accepts data at once. */
  taking = true;
  readonly writes: Buffer[] = [];
  systemCalls = 0;
  #corked = false;
  readonly #callbacks: (() => void)[] = [];

  write(bytes: Buffer, done?: () => void): void {
    if (bytes.length > 0) this.writes.push(bytes);
    if (bytes.length > 0 && !this.#corked) this.systemCalls++;
    if (!this.taking) this.writableLength += bytes.length;
    if (done !== undefined) this.#callbacks.push(done);
  }

  on(): void {}

  setTimeout(): void {}

  cork(): void {
    this.#corked = true;
  }

  uncork(): void {
    this.#corked = false;
    this.systemCalls++;
  }

  /** The kernel accepts all pending data, and callbacks run. */
  drain(): void {
    this.writableLength = 0;
    for (const done of this.#callbacks.splice(0)) done();
  }

  get written(): Buffer {
    return Buffer.concat(this.writes);
  }

  get asSocket(): Socket {
    return this as unknown as Socket;
  }
}
