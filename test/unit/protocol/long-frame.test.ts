import fc from 'fast-check';
import { expect, test } from 'vitest';
import { LongFrame } from '../../../src/protocol/long-frame.js';

const piece = fc.uint8Array({ minLength: 1, maxLength: 50 });

test('gives its bytes in ranges of any lengths', () => {
  fc.assert(
    fc.property(fc.array(piece), fc.array(fc.nat(60)), (pieces, lengths) => {
      const all = Buffer.concat(pieces);
      const frame = new LongFrame(all.length, pieces);
      const taken: Buffer[] = [];
      let start = 0;
      for (const length of [...lengths, all.length]) {
        const end = Math.min(all.length, start + length);
        if (end > start) taken.push(frame.subarray(start, end));
        start = end;
      }
      expect(Buffer.concat(taken)).toEqual(all);
    }),
  );
});

test('makes a piece when its first byte is taken, and does not copy a long one', () => {
  const long = Buffer.alloc(1000, 'x');
  const made: string[] = [];
  function* pieces(): Generator<Uint8Array> {
    made.push('head');
    yield Buffer.from('head');
    made.push('long');
    yield long;
  }
  const frame = new LongFrame(1004, pieces());
  expect(made).toEqual([]);
  frame.subarray(0, 4);
  expect(made).toEqual(['head']);
  expect(frame.subarray(4, 900).buffer).toBe(long.buffer);
  expect(frame.subarray(900, 1004).byteOffset).toBe(long.byteOffset + 896);
});
