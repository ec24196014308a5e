import { performance } from 'node:perf_hooks';
import { ChunkPool } from './chunk-pool.js';
import { type Corkable, GatheredAnswers } from './gathered-answers.js';
import { SharedFrames } from './shared-frames.js';

/** What leaves together at the end of a turn. */
export interface Flushable {
  /** Whether this is so much that everything small goes first. */
  readonly bulk: boolean;
  flush(): void;
}

/**
 * How long what is late may take in one turn, in milliseconds. One broadcast of 16 MiB to a thousand
 * players takes a second to write, and everybody else's messages are not to wait for that.
 */
const LATER_TIME = 5;

/**
 * While little is going on, nothing that comes of a chunk waits for the end of the turn: what is
 * produced for so few connections leaves once the chunk is read, if nothing had left for a moment
 * (in milliseconds) when the first of it was produced. An echo then takes as long as in a relay that
 * writes at once, which is 10 % less, and the loop is spared a phase.
 *
 * Chunks that follow one another closely thus belong to one turn, and their sender has one share of
 * it, however long it takes to read each of them.
 */
const MAX_EARLY = 2;
const QUIET = 0.025;

/** Nobody waits; never added to. */
const NOBODY: Flushable[] = [];

/**
 * Once per turn of the event loop, after everything that the poll phase read was handled, what was
 * produced for each connection is written out, in one write each. A write costs some 5 µs, nearly
 * all of it in the kernel, whether it carries one message or a hundred.
 *
 * The end of the turn is `setImmediate`: `nextTick` would run after every single read and halve the
 * throughput, a timer would add to the latency.
 */
export class FlushCycle {
  /** Which turn this is, counting those in which something was produced. */
  turn = 0;
  #scheduled = false;
  #isReading = false;
  #flushedAt = 0;
  #waiting = NOBODY;
  readonly #later: (() => void)[] = [];
  /** How many of these are flushes: until then, they may get more of what is shared. */
  #bulkLater = 0;
  readonly #answers = new GatheredAnswers();
  /** What is written in one turn, and used again in the next. */
  readonly chunks = new ChunkPool();
  /** What players get in this turn. */
  readonly shared = new SharedFrames(this.chunks);

  /** Flushes at the end of this turn, or a few turns later if it is bulk. */
  schedule(flushable: Flushable): void {
    if (this.#waiting.length > 0) {
      this.#waiting.push(flushable);
      return;
    }
    // Most often one waits alone: a list that is made for it is smaller than one that can grow.
    this.#waiting = [flushable];
    if (!this.#isReading || performance.now() - this.#flushedAt < QUIET) this.#start();
  }

  /** A chunk from a socket is about to be read. */
  beginChunk(): void {
    this.#isReading = true;
  }

  /** It has been read: if what came of it is little, it leaves now. */
  endChunk(): void {
    this.#isReading = false;
    const { length } = this.#waiting;
    if (length === 0 || this.#scheduled) return;
    if (length > MAX_EARLY) this.#start();
    else this.#flushEarly();
  }

  /** A connection is about to be answered: what is flushed leaves behind the answer. */
  gather(socket: Corkable): void {
    if (this.#answers.add(socket)) this.#start();
  }

  /**
   * Does what takes long once everything small has been flushed: one job after the other, in the
   * order in which they came, for a few milliseconds in every turn.
   */
  later(job: () => void): void {
    this.#later.push(job);
    this.#start();
  }

  #start(): void {
    if (this.#scheduled) return;
    this.#scheduled = true;
    setImmediate(this.#run);
  }

  #flushEarly(): void {
    this.turn++;
    this.#flushWaiting();
    this.#flushedAt = performance.now();
    if (this.#later.length > 0) this.#start();
  }

  readonly #run = (): void => {
    this.turn++;
    if (this.#answers.areMoreComing()) return void setImmediate(this.#run);
    this.#answers.release();
    this.#flushWaiting();
    if (this.#later.length > 0) this.#doLater();
    this.#flushedAt = performance.now();
    this.#scheduled = false;
    if (this.#waiting.length > 0 || this.#later.length > 0) this.#start();
  };

  /** What is scheduled meanwhile has its own time. */
  #flushWaiting(): void {
    const waiting = this.#waiting;
    this.#waiting = NOBODY;
    for (const flushable of waiting) {
      if (flushable.bulk) this.#flushLater(flushable);
      else flush(flushable);
    }
    if (this.#waiting.length > 0 || this.#bulkLater > 0) this.shared.keep();
    this.shared.release();
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

// What throws is a fault like any other that nobody catches; the rest are done all the same.

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
