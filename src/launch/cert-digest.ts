const DIGEST = /^[\da-f]{2}(?::?[\da-f]{2}){31}$/i;

/** Whether a text is a SHA-256 digest: hex in any case, with or without colons. */
export function isCertDigest(text: string): boolean {
  return DIGEST.test(text);
}
