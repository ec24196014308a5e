import { Buffer } from 'node:buffer';
import { expect, test } from 'vitest';
import { MessageBuffer } from '../../../src/transport/message-buffer.js';
import { KIB, MIB } from '../../../src/units.js';

/** The memory of a message after each piece, in bytes. */
function memory(total: number, piece: number, pieces: number): number[] {
  const buffer = new MessageBuffer();
  // A view of more memory, as a chunk with several frames is, so that it is copied.
  const bytes = Buffer.allocUnsafeSlow(piece * 4).subarray(0, piece);
  const sizes: number[] = [];
  for (let count = 0; count < pieces; count++) {
    buffer.add(bytes, total);
    sizes.push(buffer.bytes.buffer.byteLength);
  }
  return sizes;
}

test('a long message gets memory as it arrives, and all of it after an eighth', () => {
  const piece = 64 * KIB;
  const pieces = (4 * MIB) / piece;
  const sizes = memory(4 * MIB, piece, pieces);
  expect([1, 2, 4, 7].map((count) => (sizes[count - 1] as number) / piece)).toEqual([1, 2, 4, 8]);
  expect(new Set(sizes.slice(7))).toEqual(new Set([8 * piece, 4 * MIB]));
  expect(sizes[8]).toBe(4 * MIB);
});

test('a message of unknown length takes at most twice its length', () => {
  const sizes = memory(Number.POSITIVE_INFINITY, 64 * KIB, 70);
  for (const [index, size] of sizes.entries()) {
    expect(size).toBeLessThanOrEqual(2 * (index + 1) * 64 * KIB);
  }
});

test('a short message gets its memory at once, and no more', () => {
  expect(memory(10_000, 1000, 10)).toEqual(Array(10).fill(10_000));
});

test('pieces are joined in order', () => {
  const whole = Buffer.from(Array.from({ length: 300_000 }, (_, n) => n % 251));
  for (const total of [whole.length, Number.POSITIVE_INFINITY]) {
    const buffer = new MessageBuffer();
    for (let at = 0; at < whole.length; at += 7777) {
      buffer.add(Buffer.from(whole.subarray(at, at + 7777)), total);
    }
    expect(buffer.length).toBe(whole.length);
    expect(buffer.bytes.equals(whole)).toBe(true);
  }
});
