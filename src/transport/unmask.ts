import { createRequire } from 'node:module';

/** Length of the masking key, which precedes the payload (RFC 6455 section 5.3). */
export const MASK_LENGTH = 4;

/** Up to this length, bytes are unmasked one by one. Beyond it, a view of words is faster. */
const BY_BYTE = 96;

/** From this length on, native code is faster than words, if it is installed. */
const NATIVE = 2048;

type NativeUnmask = (bytes: Uint8Array, key: Uint8Array) => void;

const nativeUnmask = loadNative();
const nativeKey = new Uint8Array(MASK_LENGTH);

/** `bufferutil` is optional. Without it, messages of 4 KiB cost 14 % more CPU time. */
function loadNative(): NativeUnmask | undefined {
  try {
    return createRequire(import.meta.url)('bufferutil').unmask;
  } catch {
    return undefined;
  }
}

/**
 * Unmasks a payload in place. The key is in the four bytes before it. Unmasking twice restores the
 * masked bytes.
 *
 * @returns the bitwise or of all unmasked bytes, which is below 0x80 if all are ASCII. For long
 * payloads it is 0x80 where that is not known
 */
export function unmask(bytes: Uint8Array, start: number, length: number): number {
  const key0 = bytes[start - 4] as number;
  const key1 = bytes[start - 3] as number;
  const key2 = bytes[start - 2] as number;
  const key3 = bytes[start - 1] as number;
  if (length > BY_BYTE) {
    return unmaskWith(bytes, start, length, key0 | (key1 << 8) | (key2 << 16) | (key3 << 24));
  }
  const end = start + length;
  let any = 0;
  let at = start;
  // Four variables take half the time of an index into the key.
  for (const last = end - 3; at < last; at += 4) {
    any |= bytes[at] = (bytes[at] as number) ^ key0;
    any |= bytes[at + 1] = (bytes[at + 1] as number) ^ key1;
    any |= bytes[at + 2] = (bytes[at + 2] as number) ^ key2;
    any |= bytes[at + 3] = (bytes[at + 3] as number) ^ key3;
  }
  if (at < end) any |= bytes[at] = (bytes[at] as number) ^ key0;
  if (at + 1 < end) any |= bytes[at + 1] = (bytes[at + 1] as number) ^ key1;
  if (at + 2 < end) any |= bytes[at + 2] = (bytes[at + 2] as number) ^ key2;
  return any;
}

/**
 * Unmasks a piece of a payload. The lowest byte of `key` applies to the first byte of the piece.
 *
 * @returns below 0x80 if all unmasked bytes are known to be ASCII
 */
export function unmaskWith(bytes: Uint8Array, start: number, length: number, key: number): number {
  if (length >= NATIVE && nativeUnmask !== undefined) {
    nativeKey[0] = key;
    nativeKey[1] = key >>> 8;
    nativeKey[2] = key >>> 16;
    nativeKey[3] = key >>> 24;
    nativeUnmask(bytes.subarray(start, start + length), nativeKey);
    return 0x80;
  }
  const end = start + length;
  if (length < BY_BYTE) return xorBytes(bytes, start, end, key);
  // The bytes before the first aligned word and after the last whole one are unmasked one by one.
  const misaligned = (bytes.byteOffset + start) & 3;
  const wordsAt = misaligned === 0 ? start : start + 4 - misaligned;
  const words = (end - wordsAt) >> 2;
  const restAt = wordsAt + words * 4;
  let any = xorBytes(bytes, start, wordsAt, key);
  const rotated = rotateKey(key, wordsAt - start);
  any |= xorWords(new Int32Array(bytes.buffer, bytes.byteOffset + wordsAt, words), rotated);
  any |= xorBytes(bytes, restAt, end, rotated);
  return (any & 0x80808080) === 0 ? 0 : 0x80;
}

/** The key for the byte that follows so many bytes later. */
export function rotateKey(key: number, bytes: number): number {
  const bits = (bytes & 3) * 8;
  return bits === 0 ? key : (key >>> bits) | (key << (32 - bits));
}

function xorBytes(bytes: Uint8Array, start: number, end: number, key: number): number {
  let any = 0;
  let rest = key;
  for (let at = start; at < end; at++) {
    any |= bytes[at] = (bytes[at] as number) ^ (rest & 0xff);
    rest = rotateKey(rest, 1);
  }
  return any;
}

function xorWords(words: Int32Array, key: number): number {
  const { length } = words;
  let any = 0;
  let at = 0;
  for (const last = length - 3; at < last; at += 4) {
    any |= words[at] = (words[at] as number) ^ key;
    any |= words[at + 1] = (words[at + 1] as number) ^ key;
    any |= words[at + 2] = (words[at + 2] as number) ^ key;
    any |= words[at + 3] = (words[at + 3] as number) ^ key;
  }
  for (; at < length; at++) any |= words[at] = (words[at] as number) ^ key;
  return any;
}
