import { Buffer } from 'node:buffer';
import type { Writable } from 'node:stream';
import { setImmediate as endOfTurn } from 'node:timers/promises';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import * as ws from 'ws';
import { FrameParser } from '../../../src/transport/frame-parser.js';
import { frame, OPCODE } from '../../support/raw-client.js';
import { chunks as anyChunks, cut, MAX_MESSAGE } from './frames.js';

const { binary, close, continuation, ping, pong, text } = OPCODE;

/** A parser, and a list of its calls. */
class Probe {
  readonly log: string[] = [];
  readonly parsed: number[] = [];
  readonly parser: FrameParser;

  /** @param handled is called for each of them */
  constructor(maxMessage = MAX_MESSAGE, handled: (probe: Probe) => void = () => {}) {
    const say = (what: string, bytes: Uint8Array) => {
      this.log.push(event(what, bytes));
      handled(this);
    };
    this.parser = new FrameParser(
      {
        message: (bytes, isBinary) => say(isBinary ? 'binary' : 'text', bytes),
        ping: (bytes) => say('ping', bytes),
        pong: (bytes) => say('pong', bytes),
        closeFrame: (code, reason) => say(`close ${code}`, reason),
        broken: (code) => void this.log.push(`broken ${code}`),
        parsed: (frames) => void this.parsed.push(frames),
      },
      maxMessage,
    );
  }

  /** The reader owns the memory of a chunk. */
  read(chunk: Uint8Array): number {
    return this.parser.read(Buffer.from(chunk));
  }
}

/** The events of the same chunks in the receiver of `ws`. */
function readByWs(chunks: readonly Buffer[]): string[] {
  const log: string[] = [];
  const say = (what: string, bytes: Buffer) => void log.push(`${what} ${bytes.toString('hex')}`);
  // The types do not contain it.
  const { Receiver } = ws as unknown as { Receiver: new (options: object) => Writable };
  const receiver = new Receiver({
    isServer: true,
    maxPayload: MAX_MESSAGE,
    maxFragments: 16 * 1024,
  });
  receiver.on('message', (bytes, isBinary) => say(isBinary ? 'binary' : 'text', bytes));
  receiver.on('ping', (bytes) => say('ping', bytes));
  receiver.on('pong', (bytes) => say('pong', bytes));
  receiver.on('conclude', (code, reason) => say(`close ${code}`, reason));
  receiver.on('error', () => {});
  for (const chunk of chunks) {
    receiver.write(Buffer.from(chunk), (error) => {
      if (error == null || log.at(-1)?.startsWith('broken')) return;
      const [status] = Object.getOwnPropertySymbols(error);
      log.push(`broken ${(error as unknown as Record<symbol, number>)[status as symbol]}`);
    });
    if (receiver.errored !== null || receiver.writableEnded) break;
  }
  return log;
}

describe('random frames in random chunks', () => {
  test('have the same result as in the receiver of ws', async () => {
    const seen = new Set<string>();
    await fc.assert(
      fc.asyncProperty(anyChunks, fc.array(fc.nat(4)), async (chunks, pauses) => {
        const expected = readByWs(chunks);
        await endOfTurn();
        const { parser, log } = readWithPauses(chunks, pauses);
        for (const line of log) seen.add(/^\w+( \d{4})?/.exec(line)?.[0] ?? '');
        expect(log).toEqual(expected);
        if (log.some((line) => /^(broken|close)/.test(line))) expect(parser.bufferedBytes).toBe(0);
      }),
      { numRuns: 3000, endOnFailure: true },
    );
    // The results were not all the same.
    const kinds = ['binary', 'text', 'ping', 'pong', 'close 1000', 'close 1005'];
    const broken = ['broken 1002', 'broken 1007', 'broken 1009'];
    expect([...seen]).toEqual(expect.arrayContaining([...kinds, ...broken]));
  }, 120_000);

  /** Pauses after some of the frames, and continues with the rest. */
  function readWithPauses(chunks: readonly Buffer[], pauses: readonly number[]): Probe {
    let next = 0;
    const probe = new Probe(MAX_MESSAGE, ({ parser }) => {
      parser.paused = pauses.includes(next++ % 5);
    });
    const { parser } = probe;
    let rest: Buffer = Buffer.alloc(0);
    for (const chunk of chunks) {
      rest = Buffer.concat([rest, chunk]);
      for (;;) {
        parser.paused = false;
        rest = rest.subarray(parser.read(rest));
        if (!parser.paused || rest.length === 0) break;
      }
    }
    return probe;
  }
});

/** Numbered like the cases of the Autobahn test suite; written from RFC 6455. */
type Case = [name: string, bytes: Buffer, expected: string[]];

const part = { fin: false };
const event = (what: string, bytes: string | Uint8Array = '') =>
  `${what} ${Buffer.from(bytes).toString('hex')}`;
const code = (value: number, reason: string | Uint8Array = ''): Buffer =>
  Buffer.concat([Uint8Array.of(value >>> 8, value & 0xff), Buffer.from(reason)]);
const all = (...frames: Buffer[]): Buffer => Buffer.concat(frames);
const patterned = (length: number): Buffer => Buffer.alloc(length, '*');

const LENGTHS = [0, 1, 125, 126, 127, 128, 65_535, 65_536, MAX_MESSAGE];

const FRAMING: Case[] = LENGTHS.flatMap((length): Case[] => [
  [`1.1 text of ${length}`, frame(text, patterned(length)), [event('text', patterned(length))]],
  [
    `1.2 bytes of ${length}`,
    frame(binary, patterned(length)),
    [event('binary', patterned(length))],
  ],
]);

const CONTROL: Case[] = [
  ['2.1 a ping of nothing', frame(ping), [event('ping')]],
  ['2.2 a ping of text', frame(ping, 'hello'), [event('ping', 'hello')]],
  ['2.3 a ping of bytes', frame(ping, Uint8Array.of(0, 255, 254)), ['ping 00fffe']],
  ['2.4 a ping of 125', frame(ping, patterned(125)), [event('ping', patterned(125))]],
  ['2.5 a ping of 126', frame(ping, patterned(126)), ['broken 1002']],
  ['2.7 a pong that nobody asked for', frame(pong, 'x'), [event('pong', 'x')]],
  ['2.8 a pong of 126', frame(pong, patterned(126)), ['broken 1002']],
  ['2.10 ten pings', all(...Array(10).fill(frame(ping, 'p'))), Array(10).fill(event('ping', 'p'))],
];

const RESERVED: Case[] = [
  ...[1, 2, 3, 4, 5, 6, 7].flatMap((reserved): Case[] => [
    [`3.${reserved} in a text`, frame(text, 'x', { reserved }), ['broken 1002']],
    [`3.${reserved} in a ping`, frame(ping, 'x', { reserved }), ['broken 1002']],
    [`3.${reserved} in a close`, frame(close, '', { reserved }), ['broken 1002']],
    [
      `3.${reserved} behind a message`,
      all(frame(text, 'a'), frame(binary, 'x', { reserved }), frame(ping)),
      [event('text', 'a'), 'broken 1002'],
    ],
  ]),
  ...[3, 4, 5, 6, 7, 11, 12, 13, 14, 15].flatMap((opcode): Case[] => [
    [`4 opcode ${opcode}`, frame(opcode), ['broken 1002']],
    [
      `4 opcode ${opcode} behind a message`,
      all(frame(text, 'a'), frame(opcode, 'x'), frame(ping)),
      [event('text', 'a'), 'broken 1002'],
    ],
  ]),
  ['unmasked', frame(text, 'x', { masked: false }), ['broken 1002']],
];

const FRAGMENTS: Case[] = [
  ['5.1 a ping in fragments', all(frame(ping, 'a', part), frame(continuation)), ['broken 1002']],
  ['5.2 a pong in fragments', all(frame(pong, 'a', part), frame(continuation)), ['broken 1002']],
  ['a close in fragments', frame(close, '', part), ['broken 1002']],
  ['5.3 two', all(frame(text, 'a', part), frame(continuation, 'b')), [event('text', 'ab')]],
  [
    '5.6 a ping between',
    all(frame(text, 'a', part), frame(ping, 'p'), frame(continuation, 'b')),
    [event('ping', 'p'), event('text', 'ab')],
  ],
  ['5.9 a continuation of nothing', frame(continuation, 'x'), ['broken 1002']],
  ['5.12 the same, not the last', frame(continuation, 'x', part), ['broken 1002']],
  [
    '5.15 a continuation of what has ended',
    all(frame(text, 'a', part), frame(continuation, 'b'), frame(continuation, 'c')),
    [event('text', 'ab'), 'broken 1002'],
  ],
  ['5.18 text in text', all(frame(text, 'a', part), frame(text, 'b')), ['broken 1002']],
  ['bytes in text', all(frame(text, 'a', part), frame(binary, 'b', part)), ['broken 1002']],
  [
    '5.19 five, with pings between',
    all(
      frame(text, '1', part),
      frame(continuation, '2', part),
      frame(ping, 'p'),
      frame(continuation, '3', part),
      frame(continuation, '', part),
      frame(ping, 'q'),
      frame(continuation, '5'),
    ),
    [event('ping', 'p'), event('ping', 'q'), event('text', '1235')],
  ],
  [
    'all of them empty',
    all(frame(binary, '', part), frame(continuation, '', part), frame(continuation)),
    [event('binary')],
  ],
];

const utf8 = (bytes: string): Buffer => Buffer.from(bytes.replaceAll(' ', ''), 'hex');
const VALID_UTF8 = [
  'ce ba cf 8c cf 83 ce bc ce b5',
  '00',
  'c2 80',
  'e0 a0 80',
  'f0 90 80 80',
  '7f',
  'df bf',
  'ef bf bf',
  'f4 8f bf bf',
  'ed 9f bf',
  'ee 80 80',
  'ef bf bd',
  'ef bb bf',
];
const INVALID_UTF8 = [
  'ce ba e1 bd b9 cf 83 ce bc ce b5 ed a0 80 65 64',
  'f4 90 80 80',
  'f8 88 80 80 80',
  'fc 84 80 80 80 80',
  'f7 bf bf bf',
  '80',
  'bf',
  '80 bf 80 bf',
  'c0 20',
  'e0 20 20',
  'f0 20',
  'c0',
  'e0 80',
  'f0 80 80',
  'df',
  'ef bf',
  'fe',
  'ff',
  'c0 af',
  'e0 80 af',
  'f0 80 80 af',
  'c1 bf',
  'e0 9f bf',
  'f0 8f bf bf',
  'c0 80',
  'ed a0 80',
  'ed bf bf',
  'ed a0 80 ed b0 80',
];

const UTF8: Case[] = [
  ...VALID_UTF8.flatMap((bytes): Case[] => [
    [`6 ${bytes}`, frame(text, utf8(bytes)), [event('text', utf8(bytes))]],
    [
      `6 ${bytes}, cut anywhere`,
      all(
        frame(text, utf8(bytes).subarray(0, 1), part),
        frame(continuation, utf8(bytes).subarray(1)),
      ),
      [event('text', utf8(bytes))],
    ],
  ]),
  ...INVALID_UTF8.flatMap((bytes): Case[] => [
    [`6 ${bytes}`, frame(text, utf8(bytes)), ['broken 1007']],
    [`6 ${bytes}, as bytes`, frame(binary, utf8(bytes)), [event('binary', utf8(bytes))]],
    [
      `6 ${bytes}, behind much text`,
      frame(text, all(patterned(3000), utf8(bytes))),
      ['broken 1007'],
    ],
    [
      `6 ${bytes}, cut anywhere`,
      all(
        frame(text, utf8(bytes).subarray(0, 1), part),
        frame(continuation, utf8(bytes).subarray(1)),
      ),
      ['broken 1007'],
    ],
  ]),
];

const GOOD_CODES = [1000, 1001, 1002, 1003, 1007, 1008, 1009, 1010, 1011, 1012, 1013, 1014];
const BAD_CODES = [0, 999, 1004, 1005, 1006, 1015, 1016, 1100, 2000, 2999, 5000, 65_535];

const CLOSES: Case[] = [
  ['7.1 nothing follows', all(frame(close), frame(text, 'x'), frame(close)), [event('close 1005')]],
  ['7.3 without a code', frame(close), [event('close 1005')]],
  ['7.3 half a code', frame(close, Uint8Array.of(3)), ['broken 1002']],
  ['7.3 with a reason', frame(close, code(1000, 'bye')), [event('close 1000', 'bye')]],
  [
    '7.3 with the longest reason',
    frame(close, code(1000, patterned(123))),
    [event('close 1000', patterned(123))],
  ],
  ['7.3 with too long a reason', frame(close, code(1000, patterned(124))), ['broken 1002']],
  [
    '7.5 a reason that is no UTF-8',
    frame(close, code(1000, utf8('ce ba ed a0 80'))),
    ['broken 1007'],
  ],
  ...[...GOOD_CODES, 3000, 3999, 4000, 4999].map(
    (value): Case => [`7.7 code ${value}`, frame(close, code(value)), [event(`close ${value}`)]],
  ),
  ...BAD_CODES.map(
    (value): Case => [`7.9 code ${value}`, frame(close, code(value)), ['broken 1002']],
  ),
  [
    'in a message that is not whole',
    all(frame(text, 'a', part), frame(close, code(1001))),
    [event('close 1001')],
  ],
];

const LIMITS: Case[] = [
  [
    '9 the longest',
    frame(binary, patterned(MAX_MESSAGE)),
    [event('binary', patterned(MAX_MESSAGE))],
  ],
  [
    '9 one byte more',
    frame(binary, '', { declared: MAX_MESSAGE + 1 }).subarray(0, 10),
    ['broken 1009'],
  ],
  ['9 2^33 bytes', frame(binary, '', { declared: 2 ** 33 }).subarray(0, 10), ['broken 1009']],
  ['9 2^64 - 1 bytes', utf8('82 ff ff ff ff ff ff ff ff ff'), ['broken 1009']],
  [
    '9 one byte more in fragments',
    all(
      frame(text, patterned(MAX_MESSAGE), part),
      frame(continuation, '', part),
      frame(continuation, 'x'),
    ),
    ['broken 1009'],
  ],
  [
    '9 nothing more in fragments',
    all(frame(text, patterned(MAX_MESSAGE), part), frame(continuation)),
    [event('text', patterned(MAX_MESSAGE))],
  ],
  [
    '9 16,384 fragments',
    all(
      frame(text, 'a', part),
      Buffer.alloc(16_382 * 7, frame(continuation, 'a', part)),
      frame(continuation, 'z'),
    ),
    [event('text', `${'a'.repeat(16_383)}z`)],
  ],
  [
    '9 one fragment more',
    all(
      frame(text, '', part),
      Buffer.alloc(16_383 * 6, frame(continuation, '', part)),
      frame(continuation),
    ),
    ['broken 1008'],
  ],
];

describe.each([
  ['framing', FRAMING],
  ['control frames', CONTROL],
  ['reserved bits and opcodes', RESERVED],
  ['fragments', FRAGMENTS],
  ['UTF-8', UTF8],
  ['closing', CLOSES],
  ['limits', LIMITS],
])('%s', (_, cases) => {
  test.each(cases)('%s', (_name, bytes, expected) => {
    for (const lengths of [[bytes.length || 1], [1], [2, 3], [997]]) {
      // A long message in single bytes has too many chunks.
      if (bytes.length > 4000 && (lengths[0] as number) < 100) continue;
      const probe = new Probe();
      for (const chunk of cut(bytes, lengths)) probe.read(chunk);
      expect([lengths, probe.log]).toEqual([lengths, expected]);
    }
  });
});

describe('a parser', () => {
  test('stops after the current frame when it is paused, and reports its position', () => {
    const probe = new Probe(MAX_MESSAGE, ({ parser }) => {
      parser.paused = true;
    });
    const bytes = all(frame(text, 'one'), frame(text, 'two'));
    expect(probe.read(bytes)).toBe(frame(text, 'one').length);
    expect(probe.log).toEqual([event('text', 'one')]);
  });

  test('cannot be called by its own handler, because messages would be out of order', () => {
    let within = true;
    const probe = new Probe(MAX_MESSAGE, (self) => {
      if (within) self.read(frame(text, 'within'));
    });
    expect(() => probe.read(frame(text, 'one'))).toThrow('while a frame is handled');
    within = false;
    probe.read(frame(text, 'two'));
    expect(probe.log).toEqual([event('text', 'one'), event('text', 'two')]);
  });

  test('stores an incomplete message in one buffer, however small its chunks are', () => {
    const { parser } = new Probe();
    const bytes = frame(binary, patterned(4000));
    for (const chunk of cut(bytes.subarray(0, -1), [1])) parser.read(Buffer.from(chunk));
    expect(parser.bufferedBytes).toBe(3999);
    expect(parser.unfinished?.bytes).toBe(3999);
    parser.read(Buffer.from('*'));
    expect(parser.bufferedBytes).toBe(0);
    expect(parser.unfinished).toBe(undefined);
  });

  test.each([
    ['message', () => frame(binary, patterned(4000))],
    ['control frame', () => frame(ping, patterned(100))],
  ])('tells one incomplete %s from the next', (_, made) => {
    const { parser } = new Probe();
    const ids = new Set<number | undefined>();
    for (let i = 0; i < 3; i++) {
      // Cut in the header, and in the payload.
      for (const at of [3, 50]) {
        const bytes = made();
        parser.read(bytes.subarray(0, at));
        ids.add(parser.unfinished?.id);
        parser.read(bytes.subarray(at));
        expect(parser.unfinished).toBe(undefined);
      }
    }
    expect(ids).not.toContain(undefined);
    expect(ids.size).toBe(6);
  });

  test('reports how many frames it has parsed, sixteen at most at a time', () => {
    const probe = new Probe();
    probe.read(all(...Array.from({ length: 35 }, (_, i) => frame(i % 2 ? ping : text, 'x'))));
    expect(probe.parsed).toEqual([16, 16, 3]);
    probe.parser.paused = true;
    probe.read(frame(text, 'x'));
    expect(probe.parsed).toEqual([16, 16, 3]);
  });

  test('refuses a message in thousands of tiny chunks', () => {
    const probe = new Probe();
    const bytes = frame(binary, patterned(8000));
    for (const chunk of cut(bytes, [1])) probe.read(chunk);
    expect(probe.log).toEqual(['broken 1008']);
  });

  test('accepts as many chunks as a large message has in small packets', () => {
    const probe = new Probe(16 * 1024 * 1024);
    const bytes = frame(binary, patterned(16 * 1024 * 1024 - 100));
    for (const chunk of cut(bytes, [536])) probe.parser.read(chunk);
    expect(probe.log.map((line) => line.length)).toEqual([7 + 2 * (16 * 1024 * 1024 - 100)]);
  });

  test('stores nothing of skipped messages, and still reads the close', () => {
    const probe = new Probe();
    probe.read(frame(text, patterned(60_000), part).subarray(0, 50_000));
    probe.parser.skipMessages();
    expect(probe.parser.bufferedBytes).toBe(0);
    probe.read(frame(text, patterned(60_000), part).subarray(50_000));
    probe.read(all(frame(continuation, 'x'), frame(close, code(1000))));
    expect(probe.log.at(-1)).toBe(event('close 1000'));
  });

  test('ignores input after its end', () => {
    const probe = new Probe();
    probe.parser.end();
    expect(probe.read(frame(text, 'x'))).toBe(frame(text, 'x').length);
    expect(probe.log).toEqual([]);
  });
});
