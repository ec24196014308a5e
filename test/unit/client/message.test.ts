import { expect, test } from 'vitest';
import { decode, encode } from '../../../src/client/cbor.js';
import { toData, toMessage } from '../../../src/client/message.js';

test('a text that begins with a byte order mark keeps it', () => {
  const text = '\ufeffhello';
  expect(toData(toMessage(text))).toBe(text);
  expect(decode(encode({ text }))).toEqual({ text });
});
