import { hashSecret, type SecretHash } from './secret.js';

/**
 * Identifies a player on reconnecting: `/CODE?seat=…`. The player's program generates the key, and only
 * its hash is stored. `malformed` means that the key is too short or too long, or has other characters.
 */
export type SeatKey = SecretHash | 'malformed';

const PATTERN = /^[\w-]{16,64}$/;

/** The key of a query; `undefined` if there is none. */
export function parseSeatKey(text: string | null): SeatKey | undefined {
  if (text === null) return undefined;
  return PATTERN.test(text) ? hashSecret(text) : 'malformed';
}
