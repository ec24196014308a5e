/** How long a message may take before a minimum rate applies, in milliseconds. */
const GRACE = 30_000;

/** The minimum rate after that, in bytes per second: a quarter of the rate of 2G. */
const MIN_RATE = 1024;

/** The longest time for one message, in milliseconds: enough for a photo at the minimum rate. */
const LONGEST = 15 * 60_000;

/** An incomplete message. */
export interface Unfinished {
  /** Another one for each message. */
  readonly id: number;
  /** Bytes received of it. */
  readonly bytes: number;
}

/**
 * Detects incomplete messages that take too long, because the relay has to buffer their bytes
 * meanwhile. Times are in milliseconds.
 */
export class UnfinishedMessage {
  #id: number | undefined;
  #since = 0;
  #lookedAt = 0;

  /**
   * Whether the incomplete message is too slow. To be called regularly.
   *
   * @param message `undefined` if no message is incomplete
   * @param isPaused whether reading is paused; this time does not count
   */
  isLate(now: number, message: Unfinished | undefined, isPaused: boolean): boolean {
    if (message?.id !== this.#id) this.#since = now;
    else if (isPaused) this.#since += now - this.#lookedAt;
    this.#id = message?.id;
    this.#lookedAt = now;
    if (message === undefined) return false;
    const time = now - this.#since;
    return time > LONGEST || message.bytes < ((time - GRACE) / 1000) * MIN_RATE;
  }
}
