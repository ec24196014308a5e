import { randomKey } from '../browser.js';

/**
 * For how long after it has connected a page may get frames for the previous page, in milliseconds:
 * the relay may have buffered many, and the connection may be slow.
 */
export const OLD_FRAMES_TIMEOUT = 30_000;

/** The data that a player's page stores for the page after a reload. */
export interface StoredSeat {
  /** The key of the seat. */
  readonly key: string;
  /** Whether the host has this SDK: then frames that the relay has buffered have envelopes. */
  readonly hostIsExact: boolean;
}

/** Reads a stored seat; returns a new one if there is none. */
export function readStoredSeat(stored: unknown): StoredSeat {
  const { key, hostIsExact } = Object(stored) as Partial<StoredSeat>;
  if (typeof key !== 'string') return { key: randomKey(), hostIsExact: false };
  return { key, hostIsExact: hostIsExact === true };
}
