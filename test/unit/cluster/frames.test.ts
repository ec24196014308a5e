import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { BatchMemory } from '../../../src/cluster/wire/batch-memory.js';
import { readFrames } from '../../../src/cluster/wire/frame-reader.js';
import { FrameWriter } from '../../../src/cluster/wire/frame-writer.js';
import { type Join, WireError } from '../../../src/cluster/wire/frames.js';
import { readHead, writeHead } from '../../../src/cluster/wire/head.js';
import type { OutFrame } from '../../../src/cluster/wire/out-frame.js';
import { frameBytes } from '../../../src/cluster/wire/out-frame.js';
import { Streams } from '../../../src/cluster/wire/streams.js';
import { FLAG, HEAD_BYTES, KIND, MAX_BATCH, MAX_INLINE } from '../../../src/cluster/wire/wire.js';
import { CLOSE_REASONS } from '../../../src/protocol/close-codes.js';
import { Payload } from '../../../src/protocol/payload.js';
import type { RoomCode } from '../../../src/rooms/ids.js';
import { hashSecret } from '../../../src/rooms/secret.js';
import { decodeBatch } from '../../fuzz/link-decoder.js';
import { contentOf, FrameLog, type Heard } from '../../support/frame-log.js';

const MAX_MESSAGE = 1 << 20;
const u32 = fc.nat({ max: 0xffff_ffff });
const handles = fc.array(u32, { minLength: 1, maxLength: 40 });

const payload = fc.oneof(
  fc.uint8Array({ maxLength: 300 }).map((bytes) => new Payload(bytes, false)),
  fc.string({ unit: 'grapheme' }).map((text) => new Payload(Buffer.from(text), true)),
);

const shortText = fc.string({ unit: 'grapheme', maxLength: 12 });

const join: fc.Arbitrary<Join> = fc
  .record(
    {
      code: fc.constantFrom('BCDF', 'ABCDEFGH').map((code) => code as RoomCode),
      epoch: u32,
      at: u32,
      connection: fc.nat({ max: 2 ** 30 }),
      role: fc.constantFrom('player', 'viewer'),
      key: fc.oneof(fc.constant('malformed' as const), shortText.map(hashSecret)),
      about: fc.string({ unit: 'grapheme', maxLength: 500 }),
      password: shortText,
      allValues: fc.boolean(),
      follows: fc.boolean(),
      address: fc.ipV6(),
    },
    { requiredKeys: ['code', 'epoch', 'role', 'at', 'connection'] },
  )
  .map((join) => ({ ...join, connection: join.follows ? join.connection : 0 }));

function frame(): fc.Arbitrary<OutFrame> {
  const lane = fc.constant(0);
  const k = <const Kind extends number>(kind: Kind) => fc.constant(kind);
  return fc.oneof(
    fc.record({ kind: k(KIND.from), lane, handle: u32, payload }),
    fc.record({ kind: k(KIND.to), lane, handles, payload }),
    fc.record({ kind: k(KIND.join), lane, handle: u32, join }),
    fc.record({ kind: k(KIND.disconnected), lane, handle: u32, isFinal: fc.boolean() }),
    fc.record({ kind: k(KIND.measured), lane, handle: u32, time: fc.nat({ max: 4_000_000 }) }),
    fc.record({ kind: k(KIND.seated), lane, handle: u32, id: u32, connection: u32 }),
    fc.record({
      kind: k(KIND.close),
      lane,
      handles,
      reason: fc.constantFrom(...Object.values(CLOSE_REASONS)),
    }),
    fc.record({ kind: fc.constantFrom(KIND.pause, KIND.resume, KIND.measure), lane, handles }),
  );
}

/** What a frame says to who gets it. */
function meaning(frame: OutFrame): Heard {
  switch (frame.kind) {
    case KIND.from:
      return ['from', frame.handle, contentOf(frame.payload)];
    case KIND.to:
      return ['to', frame.handles, contentOf(frame.payload)];
    case KIND.join:
      return ['join', frame.handle, joinOf(frame.join)];
    case KIND.disconnected:
      return ['disconnected', frame.handle, frame.isFinal];
    case KIND.measured:
      return ['measured', frame.handle, frame.time];
    case KIND.seated:
      return ['seated', frame.handle, frame.id, frame.connection];
    case KIND.close:
      return ['close', frame.handles, frame.reason];
    case KIND.measure:
      return ['measure', frame.handles];
    default:
      return ['reading', frame.handles, frame.kind === KIND.resume];
  }
}

function joinOf({ code, epoch, role, at, connection, ...others }: Join): Join {
  const { key, about, password, address } = others;
  const { allValues = false, isKeyDrawn = false, follows = false } = others;
  const flags = { allValues, isKeyDrawn, follows };
  return { code, epoch, role, at, connection, ...flags, key, about, password, address };
}

function batchOf(write: (writer: FrameWriter) => void): Buffer {
  const writer = new FrameWriter(new BatchMemory());
  write(writer);
  const flags = writer.isEmpty ? 0 : FLAG.frames;
  const batch = writer.take();
  writeHead({ flags, from: 1, to: 2, number: 3, acknowledged: 4, credit: 0xffff_fff0 }, batch);
  return batch;
}

function read(batch: Buffer): Heard[] {
  const log = new FrameLog();
  readHead(batch);
  readFrames(batch, { handler: log, streams: new Streams(MAX_MESSAGE) });
  return log.heard;
}

test('frames are read as they were written, also by a decoder that knows only the description', () => {
  fc.assert(
    fc.property(fc.array(frame(), { maxLength: 10 }), (frames) => {
      const batch = batchOf((writer) => {
        for (const each of frames) {
          const before = writer.length;
          writer.write(each);
          expect(writer.length - before).toBeLessThanOrEqual(frameBytes(each));
        }
      });
      const expected = frames.map(meaning);
      expect(read(batch)).toEqual(expected);
      const { head, frames: decoded } = decodeBatch(batch, MAX_MESSAGE);
      expect(decoded).toEqual(expected);
      expect(head).toEqual([frames.length === 0 ? 0 : 1, 1, 2, 3, 4, 0xffff_fff0]);
    }),
  );
});

test('a batch that is cut off or changed anywhere is read in the same way by both decoders, or by none', () => {
  const edit = fc.record({ at: fc.nat(), byte: fc.nat({ max: 255 }), cut: fc.option(fc.nat()) });
  fc.assert(
    fc.property(fc.array(frame(), { maxLength: 4 }), edit, (frames, { at, byte, cut }) => {
      const whole = batchOf((writer) => frames.map((each) => writer.write(each)));
      const batch = Buffer.from(
        whole.subarray(0, cut === null ? whole.length : cut % whole.length),
      );
      if (batch.length > 0) batch[at % batch.length] = byte;
      expect(attempt(() => read(batch))).toEqual(
        attempt(() => decodeBatch(batch, MAX_MESSAGE).frames),
      );
    }),
    { numRuns: 500 },
  );
});

function attempt(action: () => unknown): unknown {
  try {
    return action();
  } catch (error) {
    if (error instanceof WireError || (error as Error).message.match(/invalid|not valid/)) {
      return 'invalid';
    }
    throw error;
  }
}

test('messages share the memory of their batch', () => {
  const payload = new Payload(Buffer.from('hello'), true);
  const batch = batchOf((writer) => writer.write({ kind: KIND.from, lane: 0, handle: 7, payload }));
  let got: Payload | undefined;
  const handler = Object.assign(new FrameLog(), {
    from: (_handle: number, payload: Payload) => {
      got = payload;
    },
  });
  readFrames(batch, { handler, streams: new Streams(MAX_MESSAGE) });
  expect(got?.bytes.buffer).toBe(batch.buffer);
  // The frame of a WebSocket takes the place of the head of the link's frame.
  expect(got?.frame.buffer).toBe(batch.buffer);
  expect(got?.frame.toString('latin1')).toBe('\x81\x05hello');
});

describe('a batch is refused', () => {
  const head = (bytes: Partial<Record<number, number>> = {}): Buffer => {
    const batch = batchOf(() => {});
    for (const [at, byte] of Object.entries(bytes)) batch[Number(at)] = byte ?? 0;
    return batch;
  };
  const frames = (...bytes: (number | string | Buffer)[]): Buffer =>
    Buffer.concat([
      head({ 1: FLAG.frames }),
      ...bytes.map((part) => (typeof part === 'number' ? Buffer.of(part) : Buffer.from(part))),
    ]);
  const le = (value: number): Buffer => {
    const bytes = Buffer.alloc(4);
    bytes.writeUInt32LE(value);
    return bytes;
  };

  test.each<[string, Buffer]>([
    ['without a head', head().subarray(0, HEAD_BYTES - 1)],
    ['that is too long', Buffer.concat([head({ 1: 1 }), Buffer.alloc(MAX_BATCH)])],
    ['of another version', head({ 0: 2 })],
    ['with unknown flags', head({ 1: 8 })],
    ['with a number and no frames', head({ 1: FLAG.frames })],
    ['with frames and no number', Buffer.concat([head(), Buffer.of(6), le(1), le(1)])],
    ['with an unknown frame', frames(14)],
    ['with a frame that cannot be streamed', frames(0x84, le(1), 1)],
    ['for nobody', frames(10, Buffer.of(0, 0))],
    ['for too many', frames(10, Buffer.of(1, 16), Buffer.alloc(4 * 4097))],
    ['with a message beyond its end', frames(2, le(1), le(3), 'ab')],
    [
      'with a long message in one frame',
      frames(2, le(1), le(MAX_INLINE + 1), Buffer.alloc(MAX_INLINE + 1)),
    ],
    ['with text that is no UTF-8', frames(3, le(1), le(1), 0xff)],
    ['with a code that no room has', frames(1, le(1), le(1), le(1), 0, 0, 4, 'BC-F')],
    ['with a code in small letters', frames(1, le(1), le(1), le(1), 0, 0, 4, 'bcdf')],
    ['with a drawn key and no key', frames(1, le(1), le(1), le(1), 8, 0, 4, 'BCDF')],
    ['with a flag that is neither', frames(4, le(1), 2)],
    ['with a close code that cannot be', frames(9, Buffer.of(1, 0), le(1), Buffer.of(1, 0, 0, 0))],
    ['with an unknown retry rule', frames(9, Buffer.of(1, 0), le(1), Buffer.of(0xa0, 0x0f, 3, 0))],
    ['with an unknown stream', frames(0x82, le(1), le(9))],
    ['with a stream that is too short', frames(13, le(1), le(5), le(1), 'a')],
    ['with a stream that is too long', frames(13, le(1), le(MAX_MESSAGE + 1), le(1), 'a')],
    ['with an empty piece', frames(13, le(1), le(50_000), le(0))],
    ['with an incomplete stream', frames(13, le(1), le(50_000), le(1), 'a', 0x82, le(1), le(1))],
    [
      'with a stream of two lengths',
      frames(...[50_000, 50_001].flatMap((total) => [13, le(1), le(total), le(1), 'a'])),
    ],
    [
      'with too many streams',
      frames(...[1, 2, 3, 4, 5].flatMap((number) => [13, le(number), le(50_000), le(1), 'a'])),
    ],
  ])('%s', (_what, batch) => {
    expect(() => read(batch)).toThrow(WireError);
    expect(() => decodeBatch(batch, MAX_MESSAGE)).toThrow();
  });
});
