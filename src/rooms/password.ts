import { MAX_PASSWORD_BYTES } from '../protocol/password.js';
import { hashSecret, isSecret, type SecretHash } from './secret.js';

/** Whether a player has sent the password with this hash. The comparison takes constant time. */
export function isPassword(given: string | undefined, hash: SecretHash): boolean {
  // A longer text is not hashed, because hashing a long text takes long.
  return given !== undefined && given.length <= MAX_PASSWORD_BYTES && isSecret(given, hash);
}

/**
 * Identifies a wrong password, so that the same one is counted once. It is a hash, because it may be the
 * right one with a typing error.
 */
export function triedPassword(given = ''): string {
  return hashSecret(given.slice(0, MAX_PASSWORD_BYTES + 1));
}
