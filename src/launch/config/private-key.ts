import { KEY_BYTES } from '../xchacha20-poly1305.js';
import { Secret, secret } from './secret.js';
import { converted, type Shape } from './shape.js';

/** The key that encrypts connect tokens. The game's servers have the same key. */
export interface PrivateKey {
  /** 32 bytes. */
  readonly bytes: Uint8Array;
  /** The value of `LIGHTYEAR_PRIVATE_KEY`: 32 numbers with commas. */
  readonly text: Secret;
}

/**
 * A key of 32 bytes: 32 numbers with commas, which is the form of Lightyear's servers, or 64 hexadecimal
 * digits. Errors do not show it.
 */
export const privateKey: Shape<PrivateKey> = converted(secret, (given) => {
  const bytes = parse(given.reveal());
  if (bytes === undefined) {
    throw new Error('expected a key of 32 numbers from 0 to 255 with commas, or 64 hex digits');
  }
  return { bytes, text: new Secret(bytes.join(',')) };
});

function parse(text: string): Uint8Array | undefined {
  if (/^[\da-f]{64}$/i.test(text)) return new Uint8Array(Buffer.from(text, 'hex'));
  const numbers = text.replace(/^\[|\]$/g, '').split(',');
  const isKey = numbers.length === KEY_BYTES && numbers.every(isByte);
  return isKey ? new Uint8Array(numbers.map(Number)) : undefined;
}

function isByte(text: string): boolean {
  return /^\s*\d{1,3}\s*$/.test(text) && Number(text) <= 255;
}
