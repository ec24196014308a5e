import { expect, test } from 'vitest';
import { decode, encode } from '../../../../src/client/host/cbor.js';
import type { Sendable } from '../../../../src/client/index.js';
import { toData, toMessage } from '../../../../src/client/session/message.js';

test('a string that begins with a byte order mark keeps it', () => {
  const text = '\ufeffhello';
  expect(toData(toMessage(text))).toBe(text);
  expect(decode(encode({ text }))).toEqual({ text });
});

test.each<[string, Sendable]>([
  ['a Uint8Array', Uint8Array.of(1, 2, 3, 4)],
  ['an ArrayBuffer', Uint8Array.of(1, 2, 3, 4).buffer],
  ['a Uint16Array', new Uint16Array(Uint8Array.of(1, 2, 3, 4).buffer)],
  ['a DataView of a part', new DataView(Uint8Array.of(0, 1, 2, 3, 4, 5).buffer, 1, 4)],
  ['a Buffer', Buffer.from([1, 2, 3, 4])],
  ['a view of shared memory', shared()],
])('the bytes of %s are copied', (_name, data) => {
  const message = toMessage(data);
  const buffer = ArrayBuffer.isView(data) ? data.buffer : data;
  new Uint8Array(buffer as ArrayBuffer).fill(9);
  expect(toData(message)).toEqual(Uint8Array.of(1, 2, 3, 4));
});

test.each([[undefined], [null], [7], [{}], [[1, 2]]])('%j cannot be sent', (data) => {
  expect(() => toMessage(data as never)).toThrow(TypeError);
});

function shared(): Uint8Array {
  const bytes = new Uint8Array(new SharedArrayBuffer(4));
  bytes.set([1, 2, 3, 4]);
  return bytes;
}
