import type { Buffer } from 'node:buffer';

const BACKSLASH = 0x5c;
const LETTER_U = 0x75;

/** The length of an escape of four hexadecimal digits, as `\u20ac`. */
const LENGTH = 6;

/** The values of hexadecimal digits; -1 for other bytes. */
const DIGITS = new Int8Array(256).fill(-1);
for (const digit of '0123456789abcdefABCDEF') {
  DIGITS[digit.charCodeAt(0)] = Number.parseInt(digit, 16);
}

/**
 * Replaces escapes for characters beyond ASCII (RFC 8259 section 7) with their UTF-8, in place. A
 * surrogate without its other half becomes U+FFFD, as UTF-8 has no surrogates. All other escapes stay,
 * valid or not.
 *
 * @returns the part of the memory that is used
 */
export function decodeEscapes(json: Buffer): Buffer {
  if (!json.includes('\\u')) return json;
  const first = json.indexOf(BACKSLASH);
  let to = first;
  for (let at = first; at < json.length; ) {
    const byte = json[at] as number;
    if (byte !== BACKSLASH) {
      json[to++] = byte;
      at++;
      continue;
    }
    const unit = unitAt(json, at);
    if (unit < 0x80) {
      // It is copied with what it escapes, which may be another backslash.
      json[to++] = byte;
      if (at + 1 < json.length) json[to++] = json[at + 1] as number;
      at += 2;
      continue;
    }
    at += LENGTH;
    let point = unit;
    if (isSurrogate(unit)) {
      const low = unitAt(json, at);
      const isPair = unit < 0xdc00 && low >= 0xdc00 && low < 0xe000;
      point = isPair ? 0x10000 + ((unit - 0xd800) << 10) + (low - 0xdc00) : 0xfffd;
      if (isPair) at += LENGTH;
    }
    to = writeUtf8(json, to, point);
  }
  return json.subarray(0, to);
}

/** The UTF-16 code unit that is escaped here; -1 if there is no such escape. */
function unitAt(json: Buffer, at: number): number {
  if (json[at] !== BACKSLASH || json[at + 1] !== LETTER_U || at + LENGTH > json.length) return -1;
  let unit = 0;
  for (let i = at + 2; i < at + LENGTH; i++) {
    const digit = DIGITS[json[i] as number] as number;
    if (digit < 0) return -1;
    unit = unit * 16 + digit;
  }
  return unit;
}

function isSurrogate(unit: number): boolean {
  return unit >= 0xd800 && unit < 0xe000;
}

/** Writes a character beyond ASCII, and returns where it ends. */
function writeUtf8(target: Uint8Array, at: number, point: number): number {
  if (point < 0x800) target[at++] = 0xc0 | (point >> 6);
  else {
    if (point < 0x10000) target[at++] = 0xe0 | (point >> 12);
    else {
      target[at++] = 0xf0 | (point >> 18);
      target[at++] = 0x80 | ((point >> 12) & 0x3f);
    }
    target[at++] = 0x80 | ((point >> 6) & 0x3f);
  }
  target[at++] = 0x80 | (point & 0x3f);
  return at;
}
