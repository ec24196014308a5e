import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { readFrame, writeGreeting, writeMessage } from '../../../../src/client/session/envelope.js';
import {
  readItem,
  readStoredFrame,
  type SharedItem,
  toSharedSignal,
  toStoredFrame,
} from '../../../../src/client/shared/item.js';
import { hex } from '../../../support/hex.js';

const number = fc.nat({ max: 0xffff_ffff });
const item = fc.record<SharedItem>({
  kind: fc.constantFrom('text', 'bytes', 'forgotten', 'state', 'patch', 'audience'),
  mark: number,
  number,
  key: fc.string({ unit: 'grapheme', maxLength: 30 }).filter((key) => key.length <= 60),
  content: fc.uint8Array(),
});

test('an item is read as written, in a session and outside', () => {
  fc.assert(
    fc.property(item, (written) => {
      const signal = toSharedSignal(written);
      expect(readItem(signal.body)).toEqual(written);
      expect(readStoredFrame(toStoredFrame(signal))).toEqual(written);
      const read = readFrame(writeMessage(signal));
      expect(read?.is === 'message' && readItem(read.message.body)).toEqual(written);
    }),
  );
});

test('any bytes are read without an exception', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 40 }), (bytes) => {
      readItem(bytes);
      readStoredFrame(toStoredFrame({ kind: 'signal', body: bytes }));
    }),
  );
});

test('signals of data channels, greetings and messages are no items', () => {
  expect(readItem(new TextEncoder().encode('{"id":1,"by":"opener"}'))).toBeUndefined();
  const fields = { from: 1, to: 0, question: 1, received: 0, answer: 0, origin: 0, next: 1 };
  const greeting = writeGreeting({ ...fields, player: 0 });
  expect(readStoredFrame(greeting)).toBeUndefined();
  const [stored] = [toStoredFrame({ kind: 'signal', body: greeting })];
  // An older SDK would not read it as a frame either. It does not request stored items.
  expect(readFrame(stored)).toBeUndefined();
  expect(readStoredFrame(writeMessage({ kind: 'bytes', body: stored }))).toBeUndefined();
});

describe('the vectors of items in docs/protocol.md', () => {
  const document = readFileSync(new URL('../../../../docs/protocol.md', import.meta.url), 'utf8');
  const [, section = ''] = document.split('### Vectors of items');
  const rows = [...section.matchAll(/^\| [^|]+ \| `([0-9a-f ]+)` \| `(\{.+\})` \|$/gm)];

  test('exist', () => expect(rows.length).toBe(6));

  test.each(rows.map(([, bytes = '', meaning = '']) => [bytes, meaning]))(
    '%s',
    (bytes, meaning) => {
      const item = readItem(hex(bytes)) as SharedItem;
      const content = Buffer.from(item.content).toString('hex');
      expect({ ...item, content }).toEqual(JSON.parse(meaning));
      expect(Buffer.from(toSharedSignal(item).body)).toEqual(hex(bytes));
      const start = document.match(/`(9e 6c 6f 62 62 79 0d 0a 02)` in front/)?.[1] ?? '';
      expect(Buffer.from(toStoredFrame(toSharedSignal(item)))).toEqual(hex(`${start} ${bytes}`));
    },
  );
});
