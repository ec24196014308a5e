import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  GREETING_LENGTH,
  type Greeting,
  type MessageKind,
  readFrame,
  readGreeting,
  writeAck,
  writeGreeting,
  writeMessage,
  writePing,
  writeTime,
} from '../../../../src/client/session/envelope.js';
import { hex } from '../../../support/hex.js';

const number = fc.nat({ max: 0xffff_ffff });
const kind = fc.constantFrom<MessageKind>('text', 'bytes', 'signal');
const greeting = fc.record<Greeting>({
  from: number,
  to: number,
  question: number,
  received: number,
  answer: number,
  origin: number,
  next: number,
  player: number,
});

describe('an envelope', () => {
  test('is read as written', () => {
    const body = fc.uint8Array();
    fc.assert(
      fc.property(kind, body, fc.option(number, { nil: undefined }), (kind, body, ack) => {
        const frame = writeMessage({ kind, body }, ack);
        expect(frame.length - body.length).toBeLessThanOrEqual(8);
        expect(readFrame(frame)).toEqual({ is: 'message', message: { kind, body }, ack });
      }),
    );
    fc.assert(
      fc.property(greeting, (greeting) => {
        expect(readFrame(writeGreeting(greeting))).toEqual({ is: 'greeting', greeting });
      }),
    );
    fc.assert(
      fc.property(number, (ack) => {
        expect(readFrame(writeAck(ack))).toEqual({ is: 'ack', ack });
      }),
    );
    fc.assert(
      fc.property(fc.double(), fc.double(), (time, echo) => {
        expect(readFrame(writeTime({ time, echo }))).toEqual({ is: 'time', time, echo });
      }),
    );
    expect(readFrame(writePing())).toEqual({ is: 'ping' });
  });

  test('is read from any bytes without an exception', () => {
    fc.assert(fc.property(fc.uint8Array(), (bytes) => void readFrame(bytes)));
    for (const bytes of [
      '',
      '04',
      '04000000',
      '03ff',
      '0700000001ff',
      '08',
      '08000000000000000000000000000000',
      'ff',
      '9e6c6f626279',
    ]) {
      expect(readFrame(hex(bytes)), bytes).toBeUndefined();
    }
  });

  test('is not a greeting if its head or its length differs', () => {
    const frame = writeGreeting({
      from: 1,
      to: 2,
      question: 3,
      received: 4,
      answer: 5,
      origin: 6,
      next: 7,
      player: 8,
    });
    expect(readGreeting(frame)).toBeDefined();
    expect(readGreeting(frame.subarray(1))).toBeUndefined();
    expect(readGreeting(Uint8Array.of(...frame, 0))).toBeUndefined();
    for (let at = 0; at < GREETING_LENGTH - 32; at++) {
      const other = frame.slice();
      other[at] = (other[at] ?? 0) ^ 1;
      expect(readGreeting(other), `byte ${at}`).toBeUndefined();
    }
  });
});

describe('the vectors in docs/protocol.md', () => {
  const document = readFileSync(new URL('../../../../docs/protocol.md', import.meta.url), 'utf8');
  const [section = ''] = document
    .split('### Vectors of the envelope')
    .slice(1)
    .join()
    .split('\n### ');
  const rows = [...section.matchAll(/^\| [^|]+ \| `([0-9a-f ]+)` \| `(\{.+\})` \|$/gm)];

  test('exist', () => expect(rows.length).toBeGreaterThan(5));

  test.each(rows.map(([, bytes = '', meaning = '']) => [bytes, meaning]))(
    '%s',
    (bytes, meaning) => {
      const frame = readFrame(hex(bytes));
      const expected = JSON.parse(meaning);
      // In JSON, NaN is null.
      if (frame?.is !== 'message') {
        return expect(JSON.parse(JSON.stringify(frame))).toEqual(expected);
      }
      const { message, ack } = frame;
      const fields = {
        is: 'message',
        kind: message.kind,
        body: Buffer.from(message.body).toString('hex'),
        ack,
      };
      expect(JSON.parse(JSON.stringify(fields))).toEqual(expected);
    },
  );
});
