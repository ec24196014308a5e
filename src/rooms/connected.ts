/** A time of this process's clock, in milliseconds, as exactly as it is known. */
export interface TimeRange {
  readonly earliest: number;
  readonly latest: number;
}

/** When a client connected. The clock of another relay, at which it may be, is not known exactly. */
export interface Connected extends TimeRange {
  /**
   * The link by which the client has come, if it is at another relay. Clients of the same link, and those of
   * this relay, come in the order in which they have connected.
   */
  readonly link?: object | undefined;
}

/** Whether a connection was made after another one, so that it replaces it. */
export type Order = 'later' | 'earlier' | 'unknown';

export function connectedNow(): Connected {
  const now = performance.now();
  return { earliest: now, latest: now };
}

/**
 * How much earlier a connection must be, in milliseconds, to be called that: its client must not reconnect
 * then, so this must not be wrong for a clock that is adjusted, or stood still with its machine.
 */
const MARGIN = 1000;

/** @param before the connection that has the seat, or had it last */
export function orderOf(connected: Connected, before: Connected): Order {
  if (connected.link === before.link || connected.earliest >= before.latest) return 'later';
  return connected.latest + MARGIN < before.earliest ? 'earlier' : 'unknown';
}
