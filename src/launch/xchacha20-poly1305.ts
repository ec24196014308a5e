import { createCipheriv } from 'node:crypto';

/** Lengths in bytes. */
export const KEY_BYTES = 32;
export const NONCE_BYTES = 24;
export const TAG_BYTES = 16;

/** "expand 32-byte k", the first four words of ChaCha20's state. */
const CONSTANTS = [0x61707865, 0x3320646e, 0x79622d32, 0x6b206574];

const BLOCK_BYTES = 64;

/**
 * Encrypts with XChaCha20-Poly1305 (draft-irtf-cfrg-xchacha-03), which OpenSSL does not have. It uses
 * ChaCha20-Poly1305 with a key that is derived from `key` and the first 16 bytes of the nonce.
 *
 * @param key 32 bytes
 * @param nonce 24 bytes
 * @returns the encrypted text, followed by the tag of 16 bytes
 */
export function seal(
  key: Uint8Array,
  nonce: Uint8Array,
  text: Uint8Array,
  associatedData: Uint8Array,
): Buffer {
  const shortNonce = Buffer.alloc(12);
  shortNonce.set(nonce.subarray(16, NONCE_BYTES), 4);
  const cipher = createCipheriv(
    'chacha20-poly1305',
    hchacha20(key, nonce.subarray(0, 16)),
    shortNonce,
    { authTagLength: TAG_BYTES },
  );
  cipher.setAAD(associatedData, { plaintextLength: text.length });
  const sealed = Buffer.concat([cipher.update(text), cipher.final()]);
  return Buffer.concat([sealed, cipher.getAuthTag()]);
}

/**
 * HChaCha20: derives a key from a key and 16 bytes of a nonce (section 2.2 of the draft). It is ChaCha20
 * without the last step, which adds the initial state. So its result is a part of the first block of
 * ChaCha20 minus the initial state.
 */
export function hchacha20(key: Uint8Array, nonce: Uint8Array): Buffer {
  const block = createCipheriv('chacha20', key, nonce).update(Buffer.alloc(BLOCK_BYTES));
  const start = Buffer.from(nonce.buffer, nonce.byteOffset, nonce.length);
  const derived = Buffer.alloc(KEY_BYTES);
  for (let word = 0; word < 4; word++) {
    const first = block.readUInt32LE(4 * word) - (CONSTANTS[word] ?? 0);
    const last = block.readUInt32LE(48 + 4 * word) - start.readUInt32LE(4 * word);
    derived.writeUInt32LE(first >>> 0, 4 * word);
    derived.writeUInt32LE(last >>> 0, 16 + 4 * word);
  }
  return derived;
}
