import { performance } from 'node:perf_hooks';

/**
 * Calls `tick` in every turn of the event loop without sleeping, because a timer is too coarse to
 * send 8,000 messages per second on time. This needs a core of its own; without one, it calls
 * `tick` every millisecond.
 */
export class Poller {
  /** How long there was nothing to do, in milliseconds. */
  idle = 0;

  #turn;
  #tick;
  #next;
  #running = true;
  #before = performance.now();
  #activity = 0;

  /**
   * @param {import('./turn.js').Turn} turn
   * @param {(now: number) => void} tick
   * @param {{ sleepless: boolean }} options
   */
  constructor(turn, tick, { sleepless }) {
    this.#turn = turn;
    this.#tick = tick;
    this.#next = sleepless ? setImmediate : (run) => setTimeout(run, 1);
    this.#next(this.#run);
  }

  stop() {
    this.#running = false;
  }

  #run = () => {
    if (!this.#running) return;
    const now = performance.now();
    if (this.#turn.activity === this.#activity) this.idle += now - this.#before;
    this.#before = now;
    this.#activity = this.#turn.activity;
    this.#tick(now);
    this.#turn.flush();
    this.#next(this.#run);
  };
}
