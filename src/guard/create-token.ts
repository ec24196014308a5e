import { hashSecret, isSecret } from '../rooms/secret.js';

/** Checks what a host brings against the token that opens rooms, in constant time. */
export function createTokenCheck(token: string): (brought: string | undefined) => boolean {
  if (token === '') return () => true;
  const expected = hashSecret(token);
  return (brought) => brought !== undefined && isSecret(brought, expected);
}
