import { performance } from 'node:perf_hooks';
import { ChunkPool } from './chunk-pool.js';
import { Fifo } from './fifo.js';
import { type Corkable, GatheredAnswers } from './gathered-answers.js';
import { LongMessages } from './long-messages.js';
import { SharedFrames } from './shared-frames.js';
import { TurnBudget } from './turn-budget.js';
import { TurnQueue } from './turn-queue.js';

/** Output that is written at the end of a turn of the event loop. */
export interface Flushable {
  /** Whether this is so much output that all smaller output goes first. */
  readonly bulk: boolean;
  flush(): void;
}

/**
 * How long postponed jobs may run in one turn, in milliseconds. Writing one broadcast of 16 MiB to a
 * thousand players takes a second, and other connections must not wait for it.
 */
const LATER_TIME = 5;

/**
 * Under light load, output is flushed right after the chunk that caused it: if it goes to at most
 * `MAX_EARLY` connections, and if the last flush was at least `QUIET` milliseconds before the first
 * of it was produced. This saves a phase of the event loop, and 10 % of the time of an echo.
 *
 * Chunks that arrive in quick succession are still flushed together at the end of the turn.
 */
const MAX_EARLY = 2;
const QUIET = 0.025;

/** The list while nothing is scheduled. Never modified. */
const NOBODY: Flushable[] = [];

/**
 * Flushes the output of each connection in one write per turn of the event loop, after the poll phase
 * has handled all input. A write costs about 5 µs, nearly all of it in the kernel, for one message or
 * for a hundred.
 *
 * The end of the turn is `setImmediate`: `nextTick` would run after every read and halve the
 * throughput, and a timer would add latency.
 */
export class FlushCycle {
  /** Limits how long connections are read in one turn. */
  readonly budget = new TurnBudget();
  /** Keeps messages apart that take longer than that. */
  readonly longMessages = new LongMessages();
  /** The ends of connections: thousands may break at the same moment. */
  readonly ends = new TurnQueue();
  #scheduled = false;
  #isReading = false;
  #flushedAt = 0;
  #waiting = NOBODY;
  readonly #later = new Fifo<() => void>();
  /** How many of these are flushes, whose outboxes may still refer to shared frames. */
  #bulkLater = 0;
  readonly #answers = new GatheredAnswers();
  /** Memory for the frames of one turn, reused in the next. */
  readonly chunks = new ChunkPool();
  /** Frames of this turn that several players get. */
  readonly shared = new SharedFrames(this.chunks);

  /** Flushes at the end of this turn, or a few turns later if it is bulk. */
  schedule(flushable: Flushable): void {
    if (this.#waiting.length > 0) {
      this.#waiting.push(flushable);
      return;
    }
    // Usually there is only one: a list literal takes less memory than a list that grows.
    this.#waiting = [flushable];
    if (!this.#isReading || performance.now() - this.#flushedAt < QUIET) this.#start();
  }

  /** To be called before a chunk from a socket is read. */
  beginChunk(): void {
    this.#isReading = true;
  }

  /** To be called after the chunk: flushes now if it caused little output. */
  endChunk(): void {
    this.#isReading = false;
    const { length } = this.#waiting;
    if (length === 0 || this.#scheduled) return;
    if (length > MAX_EARLY) this.#start();
    else this.#flushEarly();
  }

  /** To be called before a handshake is answered. Output of the connection follows the answer. */
  gather(socket: Corkable): void {
    if (this.#answers.add(socket)) this.#start();
  }

  /**
   * Postpones a long job until all small output is flushed. Jobs run in order, for a few milliseconds
   * in each turn.
   */
  later(job: () => void): void {
    this.#later.push(job);
    this.#start();
  }

  /** Postpones reading from a connection that has used its share, until the others had theirs. */
  read(job: () => void): void {
    this.budget.waiting++;
    this.later(() => this.budget.runShare(job));
  }

  #start(): void {
    if (this.#scheduled) return;
    this.#scheduled = true;
    setImmediate(this.#run);
  }

  #flushEarly(): void {
    this.#flushWaiting();
    this.#flushedAt = performance.now();
    if (this.#later.length > 0) this.#start();
  }

  readonly #run = (): void => {
    if (this.#answers.isGrowing()) return void setImmediate(this.#run);
    this.#answers.release();
    this.#flushWaiting();
    if (this.#later.length > 0) this.#doLater();
    this.#flushedAt = performance.now();
    this.#scheduled = false;
    if (this.#waiting.length > 0 || this.#later.length > 0) this.#start();
  };

  /** Output that is scheduled meanwhile waits for the next flush. */
  #flushWaiting(): void {
    const waiting = this.#waiting;
    this.#waiting = NOBODY;
    for (const flushable of waiting) {
      if (flushable.bulk) this.#flushLater(flushable);
      else flush(flushable);
    }
    if (this.#waiting.length > 0 || this.#bulkLater > 0) this.shared.keep();
    this.shared.release();
    this.chunks.endTurn();
  }

  #flushLater(flushable: Flushable): void {
    this.#bulkLater++;
    this.#later.push(() => {
      this.#bulkLater--;
      flushable.flush();
    });
  }

  #doLater(): void {
    const end = performance.now() + LATER_TIME;
    do attempt(this.#later.shift() as () => void);
    while (this.#later.length > 0 && performance.now() < end);
  }
}

// An exception must not stop the other jobs: it is thrown later, as an uncaught one.

function flush(flushable: Flushable): void {
  try {
    flushable.flush();
  } catch (error) {
    fault(error);
  }
}

function attempt(job: () => void): void {
  try {
    job();
  } catch (error) {
    fault(error);
  }
}

function fault(error: unknown): void {
  process.nextTick(() => {
    throw error;
  });
}
