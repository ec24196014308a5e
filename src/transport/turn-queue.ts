import { performance } from 'node:perf_hooks';
import { Fifo } from './fifo.js';

/** How long the jobs of one turn of the event loop may take, in milliseconds. */
const TURN_TIME = 3;

/**
 * Spreads jobs over turns of the event loop. A job runs at once if the turn has time left and no other
 * job waits. Waiting jobs run in order, for a few milliseconds in each turn, so that a thousand
 * simultaneous jobs do not block the event loop until all of them are done.
 */
export class TurnQueue {
  readonly #waiting = new Fifo<() => void>();
  /** When the time for jobs in this turn ends; 0 before its first job. */
  #end = 0;

  /** How many jobs wait. */
  get waiting(): number {
    return this.#waiting.length;
  }

  /** Runs a job now, or in one of the next turns. */
  run(job: () => void): void {
    if (this.#waiting.length === 0 && this.#hasTime()) job();
    else this.#waiting.push(job);
  }

  /** Like `run`. Rejects if the job throws. */
  settle(job: () => void): Promise<void> {
    return new Promise((resolve, reject) => {
      this.run(() => {
        try {
          resolve(job());
        } catch (error) {
          reject(error);
        }
      });
    });
  }

  #hasTime(): boolean {
    const now = performance.now();
    if (this.#end === 0) {
      this.#end = now + TURN_TIME;
      setImmediate(this.#startTurn);
    }
    return now < this.#end;
  }

  readonly #startTurn = (): void => {
    if (this.#waiting.length === 0) {
      this.#end = 0;
      return;
    }
    this.#end = performance.now() + TURN_TIME;
    this.#next();
  };

  readonly #next = (): void => {
    if (this.#waiting.length === 0 || performance.now() >= this.#end) {
      setImmediate(this.#startTurn);
      return;
    }
    const job = this.#waiting.shift() as () => void;
    try {
      job();
    } finally {
      // The ticks and promise reactions that a job causes are part of its work. A tick that a microtask
      // schedules runs after all of them.
      queueMicrotask(this.#afterPromises);
    }
  };

  readonly #afterPromises = (): void => process.nextTick(this.#next);
}
