import { performance } from 'node:perf_hooks';

/** How long all connections together may be read in one turn of the event loop, in milliseconds. */
export const READ_TIME = 3;

/** How much work a connection does before the budget is checked. With less, it never waits. */
export const CHECK_EVERY = 16;

/** With this much work, most of it was done in the current turn. */
const MUCH = 2 * CHECK_EVERY;

/** The work of one connection. */
export interface Share {
  /** The turn in which the budget was last checked for it. */
  turn: number;
  /** Units of work since then. */
  work: number;
}

/**
 * Limits how long connections are read in one turn of the event loop. All connections share one
 * budget: with one each, a hundred busy connections would delay the others a hundred times as long.
 * A connection that has used its share waits in a queue. The more connections wait, the smaller their
 * shares of a turn.
 *
 * Work is counted in units of about a microsecond: a frame, a delivery to one receiver, 2 KiB. After
 * some units, the clock shows the actual time. Connections that send little never wait, however much
 * others send.
 */
export class TurnBudget {
  /** How many connections wait for their next share. */
  waiting = 0;
  #turn = 1;
  #end = 0;

  /**
   * Whether a connection with `CHECK_EVERY` units of work or more has used its share of this turn.
   * Resets its work.
   */
  isSpentBy(share: Share): boolean {
    const { work, turn } = share;
    share.work = 0;
    share.turn = this.#turn;
    // Most of the work may be from earlier turns.
    if (turn !== this.#turn && work < MUCH) return false;
    const now = performance.now();
    if (this.#end === 0) this.#begin(now);
    return now >= this.#end;
  }

  /** Reads from a connection that has waited, for its share of a turn. */
  runShare(read: () => void): void {
    const share = READ_TIME / Math.max(1, this.waiting);
    this.waiting--;
    this.#turn++;
    this.#end = performance.now() + share;
    try {
      read();
    } finally {
      this.#end = 0;
      this.#turn++;
    }
  }

  #begin(now: number): void {
    this.#end = now + READ_TIME;
    setImmediate(this.#renew);
  }

  readonly #renew = (): void => {
    this.#end = 0;
    this.#turn++;
  };
}
