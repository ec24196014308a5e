import { randomKey } from '../browser.js';

/**
 * How long after it has connected a page may get frames for the previous page, in milliseconds. The
 * relay may have buffered many of them, and the connection may be slow.
 */
export const PREVIOUS_PAGE_FRAMES = 30_000;

/** What a player's page stores for the page after a reload. */
export interface SeatMemory {
  /** The key of the seat. */
  readonly key: string;
  /** Whether the host has this SDK: then the frames that the relay has buffered have envelopes. */
  readonly hostIsExact: boolean;
}

/** The stored seat; a new one if there is none. */
export function readSeat(stored: unknown): SeatMemory {
  const { key, hostIsExact } = Object(stored) as Partial<SeatMemory>;
  if (typeof key !== 'string') return { key: randomKey(), hostIsExact: false };
  return { key, hostIsExact: hostIsExact === true };
}
