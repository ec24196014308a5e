import * as cborg from 'cborg';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { decode, encode, type Value } from '../../../../src/client/host/cbor.js';

const { value: command } = fc.letrec<{ value: Value }>((tie) => ({
  value: fc.oneof(
    { maxDepth: 3 },
    fc.string({ unit: 'binary' }),
    fc.nat({ max: 0xffff_ffff }),
    fc.boolean(),
    fc.constant(null),
    fc.uint8Array({ maxLength: 70_000 }),
    fc.array(tie('value'), { maxLength: 30 }),
    fc.dictionary(
      fc.string().filter((key) => key !== '__proto__'),
      tie('value'),
    ),
  ),
}));
const map = fc.dictionary(
  fc.string().filter((key) => key !== '__proto__'),
  command,
);

describe('the small CBOR codec', () => {
  test('is compatible with another codec', () => {
    fc.assert(
      fc.property(map, (value) => {
        const bytes = encode(value as { [key: string]: Value });
        const other = cborg.decode(bytes);
        expect(other).toEqual({ ...value });
        expect({ ...(decode(bytes) as object) }).toEqual(other);
      }),
    );
  });

  test('reads integers of any width, and negative ones', () => {
    for (const value of [23, 24, 255, 256, 65_535, 65_536, 2 ** 32, 2 ** 52, -1, -300]) {
      expect(decode(cborg.encode(value))).toBe(value);
    }
  });

  test('rejects truncated, impossible and unsupported items', () => {
    const whole = encode({ cmd: 'from', from: 300, data: Uint8Array.of(1, 2, 3) });
    for (let end = 0; end < whole.length; end++) {
      expect(() => decode(whole.subarray(0, end)), `${end} bytes`).toThrow(RangeError);
    }
    for (const bytes of [
      [0x9b, 255, 255, 255, 255, 255, 255, 255, 255],
      [0xba, 255, 255, 255, 255],
    ]) {
      expect(() => decode(Uint8Array.from(bytes))).toThrow(RangeError);
    }
    for (const bytes of [[0xc0, 0], [0xf9, 0, 0], [0x9f, 0xff], [0xff]]) {
      expect(() => decode(Uint8Array.from(bytes))).toThrow(RangeError);
    }
  });
});
