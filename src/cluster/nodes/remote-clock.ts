import type { TimeRange } from '../../rooms/connected.js';

/** How fast two clocks may drift apart: each is usually slewed by at most 500 ppm (adjtime(3)). */
const DRIFT = 1e-3;

/** The two bounds may cross by this much, in milliseconds. If by more, one of the clocks has jumped. */
const TOLERANCE = 5;

/** A bound of the difference between the clocks, which was exact at some time of this relay's clock. */
interface Bound {
  readonly difference: number;
  readonly at: number;
}

/**
 * The clock of another relay. A beat says at most how far this relay's clock is ahead of the other one: it
 * may have been on its way for long. The answer to a ping says at least how far, too. Times are in
 * milliseconds.
 */
export class RemoteClock {
  #least: Bound | undefined;
  #most: Bound | undefined;

  /** The other clock had this time at some time before now. */
  heard(clock: number, now: number): void {
    const most = { difference: now - clock, at: now };
    if (this.#most === undefined || most.difference < mostAt(this.#most, now)) this.#most = most;
    if (this.#hasJumped(now)) this.#least = undefined;
  }

  /** The other clock had this time between a ping, which was sent then, and its answer now. */
  answered(clock: number, sentAt: number, now: number): void {
    this.heard(clock, now);
    const least = { difference: sentAt - clock, at: now };
    if (this.#least === undefined || least.difference > leastAt(this.#least, now))
      this.#least = least;
    if (this.#hasJumped(now)) {
      this.#least = least;
      this.#most = { difference: now - clock, at: now };
    }
  }

  /** @param at a time of the other clock, which wraps at 2^32 */
  ownTime(at: number, now: number): TimeRange | undefined {
    if (this.#most === undefined) return undefined;
    const most = mostAt(this.#most, now);
    const theirs = now - most;
    const latest = now - (((theirs >>> 0) - at) | 0);
    if (this.#least === undefined) return { earliest: Number.NEGATIVE_INFINITY, latest };
    return { earliest: Math.min(latest, latest - most + leastAt(this.#least, now)), latest };
  }

  #hasJumped(now: number): boolean {
    if (this.#least === undefined || this.#most === undefined) return false;
    return leastAt(this.#least, now) - mostAt(this.#most, now) > TOLERANCE;
  }
}

function leastAt({ difference, at }: Bound, now: number): number {
  return difference - (now - at) * DRIFT;
}

function mostAt({ difference, at }: Bound, now: number): number {
  return difference + (now - at) * DRIFT;
}
