/** When runs of other relays have ended. Times are in milliseconds, from the start of this relay. */
export class EndedRuns {
  readonly #maxHold: number;
  /** The earliest first. */
  readonly #endedAt = new Map<string, number>();

  /** @param maxHold how long rooms of an ended run can come back */
  constructor(maxHold: number) {
    this.#maxHold = maxHold;
  }

  get size(): number {
    return this.#endedAt.size;
  }

  add(run: string, now: number): void {
    this.#endedAt.delete(run);
    this.#endedAt.set(run, now);
    for (const [earlier, endedAt] of this.#endedAt) {
      if (now - endedAt <= this.#maxHold) return;
      // As if it had ended before this relay started.
      this.#endedAt.delete(earlier);
    }
  }

  /** Whether a run is known to have ended at least this long ago. */
  hasEndedFor(run: string, time: number, now: number): boolean {
    const endedAt = this.#endedAt.get(run);
    return endedAt !== undefined && now - endedAt >= time;
  }

  /** Whether rooms of a run that is not running cannot come back any more. */
  isExpired(run: string, now: number): boolean {
    return now - (this.#endedAt.get(run) ?? 0) > this.#maxHold;
  }
}
