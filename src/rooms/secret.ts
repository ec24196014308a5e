import { createHash, timingSafeEqual } from 'node:crypto';
import type { Branded } from './ids.js';

/** What is kept of a secret: enough to know it again, too little to use it. */
export type SecretHash = Branded<string, 'SecretHash'>;

/** How a hash is written: SHA-256 in base64url. */
const HASH = /^[\w-]{43}$/;

/** What is kept of this secret. */
export function hashSecret(secret: string): SecretHash {
  return createHash('sha256').update(secret).digest('base64url') as SecretHash;
}

/** Whether this is the secret, in a time that tells nothing of how much of it is right. */
export function isSecret(secret: string, hash: SecretHash): boolean {
  return timingSafeEqual(Buffer.from(hashSecret(secret)), Buffer.from(hash));
}

/** A hash that was written down somewhere; `undefined` if it is none. */
export function parseHash(text: unknown): SecretHash | undefined {
  return typeof text === 'string' && HASH.test(text) ? (text as SecretHash) : undefined;
}
