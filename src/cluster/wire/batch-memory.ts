import { Buffer } from 'node:buffer';
import { MAX_BATCH } from './wire.js';

/** How much memory is kept for later batches: as many links are filled at the same time on most relays. */
const MAX_FREE = 16;

/** Memory for batches that are being filled, which links share: most of them are empty most of the time. */
export class BatchMemory {
  readonly #free: Buffer[] = [];

  /** Memory for the largest batch. */
  take(): Buffer {
    return this.#free.pop() ?? Buffer.allocUnsafeSlow(MAX_BATCH);
  }

  /** Nobody uses this memory any more. */
  give(memory: Buffer): void {
    if (this.#free.length < MAX_FREE) this.#free.push(memory);
  }
}
