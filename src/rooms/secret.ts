import { createHash, timingSafeEqual } from 'node:crypto';
import type { Branded } from './ids.js';

/** The hash of a secret. It suffices to check the secret, but not to use it. */
export type SecretHash = Branded<string, 'SecretHash'>;

/** The format of a hash: SHA-256 in base64url. */
const HASH = /^[\w-]{43}$/;

export function hashSecret(secret: string): SecretHash {
  return createHash('sha256').update(secret).digest('base64url') as SecretHash;
}

/** Whether this is the secret with that hash. The comparison takes constant time. */
export function isSecret(secret: string, hash: SecretHash): boolean {
  return timingSafeEqual(Buffer.from(hashSecret(secret)), Buffer.from(hash));
}

/** A hash from a file; `undefined` if it has another format. */
export function parseHash(text: unknown): SecretHash | undefined {
  return typeof text === 'string' && HASH.test(text) ? (text as SecretHash) : undefined;
}
