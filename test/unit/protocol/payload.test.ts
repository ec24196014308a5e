import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { MAX_HEADER } from '../../../src/protocol/frame.js';
import { Payload } from '../../../src/protocol/payload.js';
import { receiveOne } from '../../support/receive.js';

/** A message in memory that also contains other data. */
function payloadIn(memory: number, at: number, length: number, headroom = 0): Payload {
  const buffer = Buffer.allocUnsafeSlow(memory).fill(0);
  return new Payload(buffer.subarray(at, at + length).fill('x'), true, headroom);
}

describe('the frame', () => {
  test.each([
    ['a long message that fills its memory', 150_000, 100_000, true],
    ['a long message in memory of other data', 250_000, 100_000, false],
    ['a short message in memory of other data', 250_000, 1000, true],
    ['a message in memory of other data that each receiver may copy', 250_000, 65_536, true],
  ])('of %s', (_, memory, length, isShared) => {
    const { bytes, frame } = payloadIn(memory, 20, length, 20);
    expect(frame.buffer === bytes.buffer).toBe(isShared);
    expect(receiveOne(frame).data.equals(Buffer.from(bytes))).toBe(true);
  });
});

describe('retained', () => {
  test('is shared', () => {
    const payload = payloadIn(1 << 16, 20, 100, 20);
    expect(payload.retained).toBe(payload.retained);
    expect(payload.retained.retained).toBe(payload.retained);
  });

  test('does not retain other data in the same memory', () => {
    for (const length of [0, 1, 125, 126, 20_000]) {
      const { bytes } = payloadIn(1 << 16, 20, length, 20).retained;
      expect(bytes.buffer.byteLength).toBe(length + MAX_HEADER);
    }
  });

  test('is not copied if its memory contains little else', () => {
    const payload = payloadIn(120, 20, 100, 20);
    expect(payload.retained).toBe(payload);
  });

  test('needs no further memory for its frame', () => {
    fc.assert(
      fc.property(
        fc.oneof(fc.nat(300), fc.constantFrom(5000, 65_535, 65_536)),
        fc.nat(14),
        fc.oneof(fc.nat(300), fc.constant(1 << 16)),
        fc.boolean(),
        (length, headroom, others, framedBefore) => {
          const payload = payloadIn(headroom + length + others, headroom, length, headroom);
          if (framedBefore) expect(payload.frame.length).toBeGreaterThan(length);
          const { retained } = payload;
          expect(retained.frame.buffer).toBe(retained.bytes.buffer);
          const message = receiveOne(retained.frame);
          expect(message.binary).toBe(false);
          expect(Buffer.alloc(length, 'x').equals(message.data)).toBe(true);
        },
      ),
    );
  });
});
