import { hashSecret, type SecretHash } from './secret.js';

/**
 * What a player brings to sit in the same seat again, made by the player: `/CODE?seat=…`. Only its
 * hash is known here. `malformed` is one that is too short, too long, or has other characters.
 */
export type SeatKey = SecretHash | 'malformed';

const PATTERN = /^[\w-]{16,64}$/;

/** The key that somebody sent; `undefined` if none. */
export function parseSeatKey(text: string | null): SeatKey | undefined {
  if (text === null) return undefined;
  return PATTERN.test(text) ? hashSecret(text) : 'malformed';
}
