import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { MAX_HEADER } from '../../../src/protocol/frame.js';
import { Payload } from '../../../src/protocol/payload.js';
import { receiveOne } from '../../support/receive.js';

/** A message somewhere in memory that holds other things, too. */
function payloadIn(memory: number, at: number, length: number, headroom = 0): Payload {
  const buffer = Buffer.allocUnsafeSlow(memory).fill(0);
  return new Payload(buffer.subarray(at, at + length).fill('x'), true, headroom);
}

describe('kept', () => {
  test('is the same for all who keep it', () => {
    const payload = payloadIn(1 << 16, 20, 100, 20);
    expect(payload.kept).toBe(payload.kept);
    expect(payload.kept.kept).toBe(payload.kept);
  });

  test('does not keep what else is in its memory', () => {
    for (const length of [0, 1, 125, 126, 20_000]) {
      const { bytes } = payloadIn(1 << 16, 20, length, 20).kept;
      expect(bytes.buffer.byteLength).toBe(length + MAX_HEADER);
    }
  });

  test('is not copied where it has its memory nearly for itself', () => {
    const payload = payloadIn(120, 20, 100, 20);
    expect(payload.kept).toBe(payload);
  });

  test('needs no other memory for its frame, whoever asked for that first', () => {
    fc.assert(
      fc.property(
        fc.oneof(fc.nat(300), fc.constantFrom(5000, 65_535, 65_536)),
        fc.nat(14),
        fc.oneof(fc.nat(300), fc.constant(1 << 16)),
        fc.boolean(),
        (length, headroom, others, framedBefore) => {
          const payload = payloadIn(headroom + length + others, headroom, length, headroom);
          if (framedBefore) expect(payload.frame.length).toBeGreaterThan(length);
          const { kept } = payload;
          expect(kept.frame.buffer).toBe(kept.bytes.buffer);
          const message = receiveOne(kept.frame);
          expect(message.binary).toBe(false);
          expect(Buffer.alloc(length, 'x').equals(message.data)).toBe(true);
        },
      ),
    );
  });
});
