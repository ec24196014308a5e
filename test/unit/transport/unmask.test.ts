import fc from 'fast-check';
import { expect, test } from 'vitest';
import { MASK_LENGTH, unmask } from '../../../src/transport/unmask.js';

test('every byte behind its key is unmasked, and no other', () => {
  const bytes = fc.uint8Array({ maxLength: 40 });
  const key = fc.uint8Array({ minLength: MASK_LENGTH, maxLength: MASK_LENGTH });
  fc.assert(
    fc.property(bytes, key, bytes, bytes, (before, four, clear, behind) => {
      const masked = clear.map((byte, at) => byte ^ (four[at & 3] as number));
      const start = before.length + MASK_LENGTH;
      const memory = Uint8Array.from([...before, ...four, ...masked, ...behind]);
      const original = memory.slice();

      const any = unmask(memory, start, clear.length);
      expect([...memory]).toEqual([...before, ...four, ...clear, ...behind]);
      expect(any).toBe(clear.reduce((sum, byte) => sum | byte, 0));
      unmask(memory, start, clear.length);
      expect(memory).toEqual(original);
    }),
  );
});
