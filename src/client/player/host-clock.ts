import type { Clock } from '../api.js';

/** The time to the second measurement, in milliseconds. It doubles with each one, up to the longest. */
const FIRST_INTERVAL = 500;
const LONGEST_INTERVAL = 16_000;

/** How many measurements are compared. */
const MAX_SAMPLES = 8;

/** How much two clocks may diverge, in milliseconds per millisecond: ten times what quartz does. */
const DRIFT = 0.0002;

interface Sample {
  readonly at: number;
  readonly rtt: number;
  /** The host's clock minus this end's. */
  readonly offset: number;
}

/**
 * The host's clock, estimated as by NTP (RFC 5905 section 10): of the latest measurements, the one with
 * the shortest round trip has the smallest error, because the host's time is somewhere within it.
 */
export class HostClock {
  readonly #clock: Clock;
  readonly #measure: () => void;
  #samples: readonly Sample[] = [];
  #offset: number | undefined;
  #latest = Number.NEGATIVE_INFINITY;
  #cancel = (): void => {};

  /** @param measure sends a request; `add` is called with the result, if there is one */
  constructor(clock: Clock, measure: () => void) {
    this.#clock = clock;
    this.#measure = measure;
  }

  /** The host's time, in milliseconds; `undefined` before the first measurement. Never goes back. */
  get time(): number | undefined {
    if (this.#offset === undefined) return undefined;
    this.#latest = Math.max(this.#latest, this.#clock.now() + this.#offset);
    return this.#latest;
  }

  /** Measures now, a few times soon, and then rarely. */
  start(interval = FIRST_INTERVAL): void {
    this.stop();
    this.#measure();
    const next = Math.min(interval * 2, LONGEST_INTERVAL);
    this.#cancel = this.#clock.after(interval, () => this.start(next));
  }

  stop(): void {
    this.#cancel();
  }

  /** The host is another page, with another clock. */
  reset(): void {
    this.stop();
    this.#samples = [];
    this.#offset = undefined;
    this.#latest = Number.NEGATIVE_INFINITY;
  }

  /** @param time the host's time, when it has answered */
  add(rtt: number, time: number): void {
    if (!Number.isFinite(time)) return;
    const at = this.#clock.now();
    this.#samples = [{ at, rtt, offset: time + rtt / 2 - at }, ...this.#samples].slice(
      0,
      MAX_SAMPLES,
    );
    const error = (sample: Sample): number => sample.rtt / 2 + (at - sample.at) * DRIFT;
    const best = this.#samples.reduce((one, other) => (error(other) < error(one) ? other : one));
    this.#offset = best.offset;
  }
}
