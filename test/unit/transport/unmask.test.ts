import { Buffer } from 'node:buffer';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { MASK_LENGTH, rotateKey, unmask, unmaskWith } from '../../../src/transport/unmask.js';

const key = fc.uint8Array({ minLength: MASK_LENGTH, maxLength: MASK_LENGTH });
const around = fc.uint8Array({ maxLength: 40 });
/** Lengths around those at which the algorithm changes. */
const length = fc.oneof(fc.nat(40), fc.integer({ min: 90, max: 110 }), fc.constantFrom(2047, 2050));
const payload = fc
  .tuple(length, fc.uint8Array({ minLength: 1, maxLength: 7 }))
  .map(([count, pattern]) => Uint8Array.from(Buffer.alloc(count, Buffer.from(pattern))));

test('every byte after the key is unmasked, and no other', () => {
  fc.assert(
    fc.property(around, key, payload, around, (before, four, clear, behind) => {
      const masked = clear.map((byte, at) => byte ^ (four[at & 3] as number));
      const start = before.length + MASK_LENGTH;
      const memory = Uint8Array.from([...before, ...four, ...masked, ...behind]);
      const original = memory.slice();

      const any = unmask(memory, start, clear.length);
      expect([...memory]).toEqual([...before, ...four, ...clear, ...behind]);
      if (clear.some((byte) => byte >= 0x80)) expect(any).toBeGreaterThanOrEqual(0x80);
      else if (clear.length < 2048) expect(any).toBeLessThan(0x80);
      unmask(memory, start, clear.length);
      expect(memory).toEqual(original);
    }),
  );
});

test('chunks are unmasked with the key at their offset', () => {
  fc.assert(
    fc.property(around, key, payload, fc.nat(3000), (before, four, clear, cut) => {
      const at = Math.min(cut, clear.length);
      const masked = clear.map((byte, i) => byte ^ (four[i & 3] as number));
      const memory = Uint8Array.from([...before, ...masked]);
      const whole = Buffer.from(four).readInt32LE(0);
      unmaskWith(memory, before.length, at, whole);
      unmaskWith(memory, before.length + at, clear.length - at, rotateKey(whole, at));
      expect([...memory]).toEqual([...before, ...clear]);
    }),
  );
});
