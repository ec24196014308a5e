import fc from 'fast-check';
import { expect, test } from 'vitest';
import { decodeEscapes } from '../../../src/protocol/json-escapes.js';

const unit = fc.nat(0xffff).map((code) => `\\u${code.toString(16).padStart(4, '0')}`);
const surrogate = fc
  .integer({ min: 0xd700, max: 0xe0ff })
  .map((code) => `\\u${code.toString(16).toUpperCase()}`);
const valid = fc.oneof(
  unit,
  surrogate,
  fc.constantFrom('x', 'é', '🎉', '\\\\', '\\n', '\\"', 'u20ac', '\\ud83c\\udf89'),
);
const odd = fc.constantFrom('\\u20', '\\u20g0', '\\', '\\x', '\\u');

test('strings mean the same as before, and have no other escapes than for ASCII', () => {
  fc.assert(
    fc.property(fc.array(valid), (pieces) => {
      const text = `"${pieces.join('')}"`;
      const json = decodeEscapes(Buffer.from(text));
      const bytes = JSON.parse(json.toString('latin1'));
      const expected = JSON.parse(text).toWellFormed();
      expect(Buffer.from(bytes, 'latin1').toString()).toBe(expected);
      expect(JSON.parse(json.toString())).toBe(expected);
    }),
    { numRuns: 10_000 },
  );
});

test('what JSON.parse does not read stays unreadable', () => {
  fc.assert(
    fc.property(fc.array(fc.oneof(valid, odd)), fc.boolean(), (pieces, isQuoted) => {
      const text = isQuoted ? `"${pieces.join('')}"` : pieces.join('');
      const json = decodeEscapes(Buffer.from(text));
      expect(isJson(json.toString())).toBe(isJson(text));
      expect(isJson(json.toString('latin1'))).toBe(isJson(text));
    }),
    { numRuns: 10_000 },
  );
});

function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}
