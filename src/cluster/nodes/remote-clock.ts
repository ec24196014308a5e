/** The time after which what was heard of a clock counts no more, in milliseconds: clocks drift. */
const WINDOW = 10_000;

/**
 * The clock of another relay, by what it says about it from time to time. The message that was on its way for
 * the shortest time tells best. Times are in milliseconds.
 */
export class RemoteClock {
  #startedAt = 0;
  /** The smallest difference between this relay's clock and the other one, in this window and the last. */
  #least = Number.POSITIVE_INFINITY;
  #before = Number.POSITIVE_INFINITY;

  /** The other clock had this time at some time before now. */
  heard(clock: number, now: number): void {
    if (now - this.#startedAt >= WINDOW) {
      this.#startedAt = now;
      this.#before = this.#least;
      this.#least = Number.POSITIVE_INFINITY;
    }
    this.#least = Math.min(this.#least, now - clock);
  }

  /** @param at a time of the other clock, which wraps at 2^32 */
  ownTime(at: number, now: number): number {
    const theirs = now - Math.min(this.#least, this.#before);
    const age = ((theirs >>> 0) - at) | 0;
    return now - age;
  }
}
