/** With fewer clients, a relay does not warn: all of them are cheap. */
const MIN_CLIENTS = 20;

/** The largest share of remote clients that is no reason to warn. */
const MAX_SHARE = 0.25;

/** The shortest time between two warnings, in milliseconds. */
const INTERVAL = 10 * 60_000;

/** Decides when to warn that many clients of a relay are in rooms of other relays. */
export class RemoteShare {
  #warnedAt = Number.NEGATIVE_INFINITY;

  /**
   * Whether to warn now.
   *
   * @param remote how many of the clients are in rooms of other relays
   * @param clients the players and viewers of this relay
   * @param now in milliseconds
   */
  isDue(remote: number, clients: number, now: number): boolean {
    if (clients < MIN_CLIENTS || remote <= clients * MAX_SHARE) return false;
    if (now - this.#warnedAt < INTERVAL) return false;
    this.#warnedAt = now;
    return true;
  }
}
