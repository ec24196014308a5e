import { TurnQueue } from '../../src/transport/turn-queue.js';

/** A queue whose jobs run only on request. */
export class HeldQueue extends TurnQueue {
  #jobs: (() => void)[] = [];
  #wake: () => void = () => {};

  get count(): number {
    return this.#jobs.length;
  }

  override run(job: () => void): void {
    this.#jobs.push(job);
    this.#wake();
  }

  /** Resolves when the queue has this many jobs. */
  async has(count: number): Promise<void> {
    while (this.#jobs.length < count) {
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
  }

  /** Waits for a job, and runs all jobs in the queue. */
  async release(): Promise<void> {
    await this.has(1);
    for (const job of this.#jobs.splice(0)) job();
  }
}
