import { decode } from 'cborg';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { LONG_FRAME } from '../../../../src/protocol/long-frame.js';
import { Payload } from '../../../../src/protocol/payload.js';
import { cborEncoder } from '../../../../src/protocol/wmbp/cbor-encoder.js';
import { ERROR_CODES, type ErrorCode } from '../../../../src/protocol/wmbp/error-codes.js';
import type { HostEvent } from '../../../../src/protocol/wmbp/events.js';
import type { HostEncoder } from '../../../../src/protocol/wmbp/host-encoder.js';
import { jsonEncoder } from '../../../../src/protocol/wmbp/json-encoder.js';
import { hostEvent, payloadBytes, playerId, text } from '../../../support/arbitraries.js';
import { receive, receiveOne } from '../../../support/receive.js';
import { RecordingSink } from '../../../support/recording-sink.js';

const IDS = [1, 23, 24, 255, 256, 65_535, 65_536, 4_000_000_000];
const SIZES = [
  ...[0, 1, 23, 24, 125, 126, 255, 256, 65_535, 65_536, 200_000],
  ...[LONG_FRAME - 30, LONG_FRAME + 1, 2 * LONG_FRAME],
  ...[16_383, 16_384, 16_385],
];

interface Encoding {
  readonly name: string;
  readonly encoder: HostEncoder;
  readonly binary: boolean;
  /** A host's own decoder, which accepts nothing but one whole item. */
  readonly decode: (data: Buffer) => unknown;
  /** How the host decodes bytes. */
  readonly bytes: 'integers' | 'bytes';
}

const encodings: Encoding[] = [
  {
    name: 'CBOR with bytes as integers',
    encoder: cborEncoder({ bytes: false }),
    binary: true,
    decode: decodeStrictly,
    bytes: 'integers',
  },
  {
    name: 'CBOR with byte strings',
    encoder: cborEncoder({ bytes: true }),
    binary: true,
    decode: decodeStrictly,
    bytes: 'bytes',
  },
  {
    name: 'JSON',
    encoder: jsonEncoder,
    binary: false,
    decode: (data) => JSON.parse(data.toString('utf8')),
    bytes: 'integers',
  },
];

/** Decodes with cborg, which requires the shortest heads and knows no tags. */
function decodeStrictly(data: Buffer): unknown {
  return decode(data, { strict: true, rejectDuplicateMapKeys: true, allowIndefinite: false });
}

function someBytes(length: number): Buffer {
  return Buffer.from(Uint8Array.from({ length }, (_, i) => i * 37 + (i >> 8)));
}

/** Valid UTF-8 of exactly this length in bytes, with characters of every length. */
function someText(length: number): Buffer {
  const bytes = Buffer.alloc(length, 'x');
  bytes.write('aü€🎉'.repeat(Math.floor(length / 10)));
  return bytes;
}

describe.each(encodings)('$name', ({ encoder, binary, decode, bytes: looks }) => {
  const read = (sink: RecordingSink): unknown => {
    const message = receiveOne(sink.bytes());
    expect(message.binary).toBe(binary);
    return decode(message.data);
  };
  const readEvent = (event: HostEvent): unknown => {
    const sink = new RecordingSink();
    encoder.event(sink, event);
    return read(sink);
  };
  const readMessage = (from: number, payload: Payload): unknown => {
    const sink = new RecordingSink();
    encoder.message(sink, from, payload);
    return read(sink);
  };
  const asHostSees = (bytes: Uint8Array) => (looks === 'bytes' ? plain(bytes) : [...bytes]);

  it.each<HostEvent>([
    { cmd: 'state', name: '', players: [], max_players: 0, accept_conns: false },
    { cmd: 'state', name: 'Größe 🎉', players: IDS, max_players: 1000, accept_conns: true },
    { cmd: 'prepare_reply', key: 'BCDF' },
    { cmd: 'player_joined', player: 1 },
    { cmd: 'player_left', player: 4_000_000_000 },
    { cmd: 'error', reason: 'to: expected a list of player ids', code: 'bad_field' },
  ])('encodes %j', (event) => {
    expect(readEvent(event)).toStrictEqual(event);
  });

  it.each(Object.keys(ERROR_CODES) as ErrorCode[])('encodes an error with code %s', (code) => {
    const event = { cmd: 'error', reason: '"quoted"\n\0', code } as const;
    expect(readEvent(event)).toStrictEqual(event);
  });

  it('encodes a state with a thousand players and the longest name', () => {
    const event: HostEvent = {
      cmd: 'state',
      name: '🎉'.repeat(256),
      players: Array.from({ length: 1000 }, (_, i) => i * 1000),
      max_players: 1000,
      accept_conns: false,
    };
    expect(readEvent(event)).toStrictEqual(event);
  });

  it('encodes any event', () => {
    fc.assert(
      fc.property(hostEvent(), (event) => {
        expect(readEvent(event)).toEqual(event);
      }),
    );
  });

  it.each(IDS)('encodes a message from player %i', (from) => {
    expect(readMessage(from, new Payload(Buffer.of(1, 255), false))).toStrictEqual({
      cmd: 'from',
      from,
      data: asHostSees(Buffer.of(1, 255)),
    });
    expect(readMessage(from, new Payload(Buffer.from('hello'), true))).toStrictEqual({
      cmd: 'from_str',
      from,
      data: 'hello',
    });
  });

  it.each(SIZES)('encodes %i bytes', (length) => {
    const bytes = someBytes(length);
    const { cmd, data } = readMessage(7, new Payload(bytes, false)) as {
      cmd: string;
      data: Uint8Array | number[];
    };
    expect(cmd).toBe('from');
    expect(Array.isArray(data)).toBe(looks === 'integers');
    expect(Buffer.from(data).equals(bytes)).toBe(true);
  });

  it.each(SIZES)('encodes %i bytes of text', (length) => {
    const utf8 = someText(length);
    const { cmd, data } = readMessage(7, new Payload(utf8, true)) as { cmd: string; data: string };
    expect(cmd).toBe('from_str');
    expect(data === utf8.toString('utf8')).toBe(true);
  });

  it('encodes every byte value', () => {
    const all = Buffer.from(Array.from({ length: 256 }, (_, byte) => byte));
    expect(readMessage(1, new Payload(all, false))).toEqual({
      cmd: 'from',
      from: 1,
      data: asHostSees(all),
    });
  });

  it('encodes text with NUL, quotes, line separators and byte order marks unchanged', () => {
    const odd = 'a\ufeff\0"\\\u2028\r\n';
    expect(readMessage(1, new Payload(Buffer.from(odd), true))).toMatchObject({ data: odd });
  });

  it.each([0, 1, 2, 8191])('encodes long messages of small integers, %i beyond a block', (more) => {
    for (const values of [1, 12, 120]) {
      const length = LONG_FRAME + more;
      const bytes = Buffer.from(Array.from({ length }, (_, n) => ((n * 7919) >> 3) % values));
      const { data } = readMessage(7, new Payload(bytes, false)) as { data: number[] };
      expect(Buffer.from(data).equals(bytes)).toBe(true);
    }
  });

  it('encodes a long text of escapes', () => {
    const odd = 'é\0"\n'.repeat(LONG_FRAME / 4);
    const { data } = readMessage(1, new Payload(Buffer.from(odd), true)) as { data: string };
    expect(data === odd).toBe(true);
  });

  it('encodes any message from any player', () => {
    const payload = fc.oneof(
      payloadBytes().map((bytes) => new Payload(Buffer.from(bytes), false)),
      text(300).map((words) => new Payload(Buffer.from(words), true)),
    );
    fc.assert(
      fc.property(playerId(), payload, (from, payload) => {
        expect(readMessage(from, payload)).toEqual(
          payload.text
            ? { cmd: 'from_str', from, data: Buffer.from(payload.bytes).toString('utf8') }
            : { cmd: 'from', from, data: asHostSees(payload.bytes) },
        );
      }),
    );
  });

  it('encodes a payload that is a view on a larger buffer', () => {
    const view = Buffer.from('..hello..').subarray(2, -2);
    expect(readMessage(1, new Payload(view, true))).toMatchObject({ data: 'hello' });
    expect(readMessage(1, new Payload(view, false))).toMatchObject({ data: asHostSees(view) });
  });

  it('writes several frames without a gap', () => {
    const sink = new RecordingSink();
    encoder.message(sink, 1, new Payload(someBytes(20_000), false));
    encoder.event(sink, { cmd: 'player_left', player: 1 });
    encoder.message(sink, 2, new Payload(someText(20_000), true));
    encoder.message(sink, 3, new Payload(someBytes(3), false));
    encoder.event(sink, { cmd: 'prepare_reply', key: 'BCDF' });
    const commands = receive(sink.bytes()).map(({ data }) => decode(data) as { cmd: string });
    expect(commands.map(({ cmd }) => cmd)).toEqual([
      'from',
      'player_left',
      'from_str',
      'from',
      'prepare_reply',
    ]);
  });
});

function plain(bytes: Uint8Array): Uint8Array {
  return new Uint8Array(bytes);
}

describe('CBOR', () => {
  const written = (write: (sink: RecordingSink) => void): string => {
    const sink = new RecordingSink();
    write(sink);
    return receiveOne(sink.bytes()).data.toString('hex');
  };
  const spaceless = (dump: string) => dump.replaceAll(' ', '');

  it('of a message is a map of cmd, from and data, in this order, with the shortest heads', () => {
    const bytes = new Payload(Buffer.of(0, 23, 24, 255), false);
    const text = new Payload(Buffer.from('hi'), true);
    expect(written((sink) => cborEncoder({ bytes: false }).message(sink, 1, bytes))).toBe(
      spaceless('a3 63 636d64 64 66726f6d 64 66726f6d 01 64 64617461 84 00 17 1818 18ff'),
    );
    expect(written((sink) => cborEncoder({ bytes: true }).message(sink, 24, bytes))).toBe(
      spaceless('a3 63 636d64 64 66726f6d 64 66726f6d 1818 64 64617461 44 001718ff'),
    );
    expect(written((sink) => cborEncoder({ bytes: false }).message(sink, 65_536, text))).toBe(
      spaceless('a3 63 636d64 68 66726f6d5f737472 64 66726f6d 1a00010000 64 64617461 62 6869'),
    );
  });

  it('of text that starts with a byte order mark starts with it', () => {
    const payload = new Payload(Buffer.from('\ufeffhi'), true);
    expect(written((sink) => cborEncoder({ bytes: false }).message(sink, 1, payload))).toMatch(
      /65efbbbf6869$/,
    );
  });

  it('of an event is a plain map: no record, no tag', () => {
    const { event } = cborEncoder({ bytes: false });
    expect(written((sink) => event(sink, { cmd: 'player_joined', player: 1 }))).toBe(
      spaceless('a2 63 636d64 6d 706c617965725f6a6f696e6564 66 706c61796572 01'),
    );
    expect(
      written((sink) =>
        event(sink, {
          cmd: 'state',
          name: '',
          players: [1, 300],
          max_players: 8,
          accept_conns: true,
        }),
      ),
    ).toBe(
      spaceless(
        'a5 63 636d64 65 7374617465 64 6e616d65 60 67 706c6179657273 82 01 19012c ' +
          '6b 6d61785f706c6179657273 08 6c 6163636570745f636f6e6e73 f5',
      ),
    );
  });
});

describe('a message', () => {
  it.each([0, 20_000, 200_000])('of %i bytes is written in one piece', (length) => {
    for (const bytes of [true, false]) {
      const sink = new RecordingSink();
      cborEncoder({ bytes }).message(sink, 1, new Payload(someBytes(length), false));
      expect(sink.parts).toHaveLength(1);
    }
  });
});
