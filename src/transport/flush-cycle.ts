import { Buffer } from 'node:buffer';

/** What leaves together at the end of a turn. */
export interface Flushable {
  flush(): void;
}

/** Room that a connection's small frames of one turn are written into. */
export const CHUNK_BYTES = 32 * 1024;

/** Chunks kept for the next turn; more than that were a burst, and go back to the collector. */
const MAX_SPARE_CHUNKS = 64;

/**
 * Once per turn of the event loop, after everything that the poll phase read was handled, what was
 * produced for each connection is written out, in one write each. A write costs some 5 µs, nearly
 * all of it in the kernel, whether it carries one message or a hundred.
 *
 * The end of the turn is `setImmediate`: `nextTick` would run after every single read and halve
 * the throughput, a timer would add to the latency.
 */
export class FlushCycle {
  /** Which turn this is, counting those in which something was produced. */
  turn = 0;
  #waiting: Flushable[] = [];
  #running: Flushable[] = [];
  readonly #spare: Buffer[] = [];

  schedule(outbox: Flushable): void {
    if (this.#waiting.push(outbox) === 1) setImmediate(this.#run);
  }

  /** A chunk that nobody else writes to, until it is given back. */
  takeChunk(): Buffer {
    return this.#spare.pop() ?? Buffer.allocUnsafeSlow(CHUNK_BYTES);
  }

  /** Gives a chunk back of which the kernel has every byte. */
  returnChunk(chunk: Buffer): void {
    if (this.#spare.length < MAX_SPARE_CHUNKS) this.#spare.push(chunk);
  }

  readonly #run = (): void => {
    this.turn++;
    const running = this.#waiting;
    this.#waiting = this.#running;
    this.#running = running;
    for (const outbox of running) flush(outbox);
    running.length = 0;
  };
}

/** One that throws is a fault like any other that nobody catches; the rest are flushed all the same. */
function flush(outbox: Flushable): void {
  try {
    outbox.flush();
  } catch (error) {
    process.nextTick(() => {
      throw error;
    });
  }
}
