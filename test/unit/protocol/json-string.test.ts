import fc from 'fast-check';
import { expect, test } from 'vitest';
import { endOfString } from '../../../src/protocol/json-string.js';

/** Many quotes and backslashes, and long parts without any. */
const piece = fc.oneof(
  fc.constantFrom('"', '\\', '\\"', '\\\\', 'x', 'é'),
  fc.nat(130).map((length) => 'y'.repeat(length)),
  fc.nat(130).map((length) => '\\'.repeat(length)),
);
const pieces = fc.array(piece, { maxLength: 12 }).map((some) => some.join(''));

test('a string ends where JSON.parse ends it', () => {
  fc.assert(
    fc.property(
      pieces,
      fc.constantFrom('', 'abc', '\\'),
      fc.boolean(),
      (text, before, isBuffer) => {
        const json = Buffer.from(`${before}${JSON.stringify(text)}${text}`);
        const start = Buffer.byteLength(before);
        const end = endOfString(isBuffer ? json : new Uint8Array(json), start);
        expect(JSON.parse(json.subarray(start, end + 1).toString())).toBe(text);
      },
    ),
    { numRuns: 5000 },
  );
});

test('a string that does not end is read to its end', () => {
  fc.assert(
    fc.property(pieces, (text) => {
      const json = Buffer.from(JSON.stringify(text)).subarray(0, -1);
      expect(endOfString(json, 0)).toBeGreaterThanOrEqual(json.length);
    }),
    { numRuns: 5000 },
  );
});
