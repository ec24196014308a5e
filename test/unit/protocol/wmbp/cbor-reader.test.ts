import { Encoder } from 'cbor-x/index-no-eval';
import { encode as encodeWithCborg } from 'cborg';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { CommandError } from '../../../../src/protocol/wmbp/command-error.js';
import type { SendCommand } from '../../../../src/protocol/wmbp/commands.js';
import { readCommand } from '../../../../src/protocol/wmbp/read-command.js';
import { MIB } from '../../../../src/units.js';
import { type Legible, legible, meaning, wireCommand } from '../../../support/arbitraries.js';
import { hex, refusal } from '../../../support/hex.js';
import { receiveOne } from '../../../support/receive.js';
import { anyFrame, oddFrame } from './cbor-frames.js';
import { bytesReservedBy, heapGrownBy } from './memory.js';
import { comparable, opinions } from './oracles.js';
import { wellFormed } from './well-formed.js';

// The reader may write to the frame, which tests use again.
const read = (frame: Uint8Array): Legible => legible(readCommand(Buffer.from(frame), true));
const refused = (frame: Uint8Array) => refusal(() => readCommand(Buffer.from(frame), true));

const start = { cmd: 'start' } as const;
const kick = (player: number) => ({ cmd: 'kick', player }) as const;
const prepare = (maxPlayers: number, name = '') => ({ cmd: 'prepare', maxPlayers, name }) as const;
const to = (ids: SendCommand['to'], bytes = 'ff') => ({ cmd: 'send', to: ids, bytes }) as const;
const toAll = (bytes: string) => to('everybody', bytes);
const toStr = (text: string) => ({ cmd: 'send', to: 'everybody', text }) as const;

// Dumps of commands of which one part matters.
const sends = (data: string, ids = '80') => `a3 "cmd" "to" "to" ${ids} "data" ${data}`;
const sendsTo = (ids: string) => sends('41 ff', ids);
const sendsText = (data: string) => `a3 "cmd" "to_str" "to" 80 "data" ${data}`;
const kicks = (id: string) => `a2 "cmd" "kick" "player" ${id}`;
const prepares = (name: string) => `a3 "cmd" "prepare" "max_players" 01 "name" ${name}`;

type Accepted = [behaviour: string, dump: string, command: Legible];
type Refused = [behaviour: string, dump: string, reason: RegExp];

const itReads = (cases: Accepted[]) =>
  it.each(cases)('reads %s', (_, dump, command) => expect(read(hex(dump))).toEqual(command));

const itRefuses = (cases: Refused[]) =>
  it.each(cases)('refuses %s', (_, dump, reason) => {
    expect(refused(hex(dump))).toEqual({
      code: 'bad_cbor',
      reason: expect.stringMatching(reason),
    });
  });

describe('heads', () => {
  itReads([
    ['a map in the fewest bytes', 'a1 "cmd" "start"', start],
    ['a map whose head takes 2 bytes', 'b8 01 "cmd" "start"', start],
    ['a map whose head takes 3 bytes', 'b9 0001 "cmd" "start"', start],
    ['a map whose head takes 5 bytes', 'ba 00000001 "cmd" "start"', start],
    ['a map whose head takes 9 bytes', 'bb 0000000000000001 "cmd" "start"', start],
    [
      'what an encoder with maps of 16-bit length sends',
      'b9 0003 "cmd" "to" "to" 81 07 "data" 41 ff',
      to([7]),
    ],
    ['text whose head takes 2 bytes', 'a1 78 03 636d64 78 05 7374617274', start],
    ['text whose head takes 3 bytes', 'a1 79 0003 636d64 79 0005 7374617274', start],
    ['text whose head takes 5 bytes', 'a1 7a 00000003 636d64 "start"', start],
    [
      'text whose head takes 9 bytes',
      'a1 7b 0000000000000003 636d64 7b 0000000000000005 7374617274',
      start,
    ],
    ['bytes whose head takes 2 bytes', sends('58 02 beef', '81 01'), to([1], 'beef')],
    ['bytes whose head takes 3 bytes', sends('59 0002 beef', '81 01'), to([1], 'beef')],
    ['bytes whose head takes 5 bytes', sends('5a 00000002 beef', '81 01'), to([1], 'beef')],
    ['bytes whose head takes 9 bytes', sends('5b 0000000000000002 beef', '81 01'), to([1], 'beef')],
    ['a list whose head takes 2 bytes', sendsTo('98 02 01 02'), to([1, 2])],
    ['a list whose head takes 3 bytes', sendsTo('99 0002 01 02'), to([1, 2])],
    ['a list whose head takes 5 bytes', sendsTo('9a 00000002 01 02'), to([1, 2])],
    ['a list whose head takes 9 bytes', sendsTo('9b 0000000000000002 01 02'), to([1, 2])],
  ]);

  itRefuses([
    ['an empty frame', '', /ends before/],
    ['reserved additional information 28', 'a2 "cmd" "start" "x" 1c', /0x1c/],
    ['reserved additional information 29', 'a2 "cmd" "start" "x" 5d', /0x5d/],
    ['reserved additional information 30', 'a2 "cmd" "start" "x" 9e', /0x9e/],
    ['reserved additional information in the map itself', 'bc "cmd" "start"', /0xbc/],
    ['an unsigned integer of indefinite length', 'a2 "cmd" "start" "x" 1f', /0x1f/],
    ['a negative integer of indefinite length', 'a2 "cmd" "start" "x" 3f', /0x3f/],
    ['a tag of indefinite length', 'a2 "cmd" "start" "x" df 41ff', /0xdf/],
    ['a break in place of a value', 'a2 "cmd" "start" "x" ff', /break/],
    ['a break in place of a known value', 'a1 "cmd" ff', /break/],
    ['a break in place of the map', 'ff', /expected a map/],
    ['a break in place of a key', 'a1 ff 01', /key/],
    ['a break in a list of definite length', 'a2 "cmd" "kick" "to" 82 01 ff', /break/],
    ['a break in bytes written as a list of definite length', 'a1 "data" 82 01 ff', /break/],
    ['a break between a key and its value', 'bf "cmd" "start" "x" ff', /break/],
    ['an integer in place of the map', '01', /expected a map/],
    ['text in place of the map', '"start"', /expected a map/],
    ['bytes in place of the map', '45 7374617274', /expected a map/],
    ['a list in place of the map', '82 "cmd" "start"', /expected a map/],
    ['a list around the map', '81 a1 "cmd" "start"', /expected a map/],
    ['null in place of the map', 'f6', /expected a map/],
    ['a float in place of the map', 'f9 3c00', /expected a map/],
  ]);
});

describe('indefinite lengths', () => {
  itReads([
    ['a map that ends with a break', 'bf "cmd" "start" ff', start],
    ['a list of ids that ends with a break', sendsTo('9f 01 02 ff'), to([1, 2])],
    ['an empty list that ends with a break', sendsTo('9f ff'), to('everybody')],
    ['both, one in the other', 'bf "cmd" "to" "to" 9f 09 ff "data" 41 ff ff', to([9])],
    ['bytes as a list that ends with a break', sends('9f 00 18ff ff'), toAll('00ff')],
    [
      'an unknown key with a list that ends with a break',
      'a2 "x" 9f 01 9f ff ff "cmd" "start"',
      start,
    ],
    [
      'an unknown key with a map that ends with a break',
      'a2 "x" bf "y" 01 ff "cmd" "start"',
      start,
    ],
    ['text in chunks', 'a1 "cmd" 7f 62 7374 63 617274 ff', start],
    ['text in empty chunks and full ones', 'a1 "cmd" 7f 60 62 7374 60 63 617274 60 ff', start],
    ['text in one chunk', 'a1 "cmd" 7f "start" ff', start],
    ['a key in chunks', 'a1 7f 61 63 62 6d64 ff "start"', start],
    ['a character that two chunks share', sendsText('7f 61 c3 61 bc ff'), toStr('ü')],
    [
      'a name with a character that two chunks share',
      prepares('7f 63 f09f8e 61 89 ff'),
      prepare(1, '🎉'),
    ],
    ['text without chunks', sendsText('7f ff'), toStr('')],
    ['bytes in chunks', sends('5f 42 0102 41 03 ff'), toAll('010203')],
    ['bytes in empty chunks and full ones', sends('5f 40 41 01 40 40 41 02 ff'), toAll('0102')],
    [
      'bytes in chunks whose heads are wider than needed',
      sends('5f 58 01 01 5b 0000000000000001 02 ff'),
      toAll('0102'),
    ],
    ['bytes without chunks', sends('5f ff'), toAll('')],
    ['an unknown key with bytes in chunks', 'a2 "x" 5f 42 0102 41 03 ff "cmd" "start"', start],
    ['an unknown key with text in chunks', 'a2 "x" 7f 62 6162 ff "cmd" "start"', start],
  ]);

  itRefuses([
    ['a chunk that has chunks itself', 'a1 "cmd" 7f 7f 65 7374617274 ff ff', /chunk/],
    [
      'a chunk of bytes in a byte string that has chunks itself',
      'a1 "data" 5f 5f 41 ff ff ff',
      /chunk/,
    ],
    ['a chunk of bytes in text', 'a1 "cmd" 7f 45 7374617274 ff', /chunk/],
    ['a chunk of text in bytes', 'a1 "data" 5f 61 61 ff', /chunk/],
    ['an integer among chunks', 'a1 "cmd" 7f 01 ff', /chunk/],
    ['a tag among chunks', 'a1 "data" 5f d840 41 ff ff', /chunk/],
    ['null among chunks', 'a1 "data" 5f f6 ff', /chunk/],
    ['chunks without a break', 'a1 "cmd" 7f 65 7374617274', /ends before/],
    ['a map without a break', 'bf "cmd" "start"', /ends before/],
    ['a list without a break', 'bf "cmd" "to" "to" 9f 01', /ends before/],
    ['bytes as a list without a break', 'bf "cmd" "to" "data" 9f 01', /ends before/],
  ]);
});

describe('ids', () => {
  itReads([
    ['an id in its own head', kicks('17'), kick(23)],
    ['an id in 8 bits', kicks('18 18'), kick(24)],
    ['an id in 8 bits that needs none', kicks('18 01'), kick(1)],
    ['an id in 16 bits', kicks('19 0100'), kick(256)],
    ['an id in 32 bits', kicks('1a ee6b2800'), kick(4_000_000_000)],
    ['an id in 64 bits', kicks('1b 0000000000000001'), kick(1)],
    ['an id above 2^32', kicks('1b 0000000100000000'), kick(2 ** 32)],
    ['the largest id that is exact', kicks('1b 001fffffffffffff'), kick(Number.MAX_SAFE_INTEGER)],
    ['the largest integer there is', kicks('1b ffffffffffffffff'), kick(2 ** 64)],
    ['the smallest integer there is', kicks('3b ffffffffffffffff'), kick(-(2 ** 64))],
    ['a negative id', kicks('20'), kick(-1)],
    ['a negative id in 64 bits', kicks('3b 0000000000000001'), kick(-2)],
    ['an id as a half float', kicks('f9 4200'), kick(3)],
    ['an id as a single float', kicks('fa 40400000'), kick(3)],
    ['an id as a double float', kicks('fb 4008000000000000'), kick(3)],
    ['a negative id as a half float', kicks('f9 c000'), kick(-2)],
    ['the largest id that is a half float', kicks('f9 7bff'), kick(65_504)],
    ['zero as a half float', kicks('f9 0000'), kick(0)],
    [
      'ids of every width in one list',
      sendsTo('87 01 1802 190003 1a00000004 1b0000000000000005 f94600 fb401c000000000000'),
      to([1, 2, 3, 4, 5, 6, 7]),
    ],
    [
      'what is left of a list once null and undefined are skipped',
      sendsTo('84 f6 01 f7 02'),
      to([1, 2]),
    ],
    [
      'what is left of a list once fractions, booleans and NaN are skipped',
      sendsTo('85 f93e00 f5 05 f97e00 f4'),
      to([5]),
    ],
    [
      'what is left of a list once infinities and subnormal floats are skipped',
      sendsTo('84 f97c00 f9fc00 f90001 05'),
      to([5]),
    ],
    [
      'what is left of a list once lists, maps and bytes are skipped',
      sendsTo('86 8101 a10102 4101 d8404101 e0 05'),
      to([5]),
    ],
    ['a list of nothing but undefined as nobody', sendsTo('81 f7'), to([])],
    ['a list of nothing but null as nobody', sendsTo('81 f6'), to([])],
    ['a list of nothing but a list as nobody', sendsTo('81 80'), to([])],
    ['an open list of nothing but null as nobody', sendsTo('9f f6 ff'), to([])],
    ['an empty list as everybody', sendsTo('80'), to('everybody')],
    [
      'an empty list with a wide head as everybody',
      sendsTo('9b 0000000000000000'),
      to('everybody'),
    ],
    ['an id that comes twice, twice', sendsTo('82 01 01'), to([1, 1])],
  ]);

  it.each([
    ['81 "1"', '"1"'],
    ['81 ""', '""'],
    ['83 01 "2" 03', '"2"'],
    ['83 "a" "b" "c"', '"a", "b", "c"'],
    ['86 f6 "a" 01 "b" "c" "d"', '"a", "b", "c", …'],
    ['9f 7f 61 31 61 32 ff ff', '"12"'],
    [`81 78 64 ${'61'.repeat(100)}`, `"${'a'.repeat(20)}"`],
    ['81 62 2200', '"\\"\\u0000"'],
    ['81 61 ff', '"\ufffd"'],
  ])('refuses text among them and shows it: %s', (ids, named) => {
    const reason = `to: expected numbers as ids, got ${named}`;
    expect(refused(hex(sendsTo(ids)))).toEqual({ code: 'bad_field', reason });
  });

  it('shows only the first of many texts', () => {
    const texts = Buffer.alloc(60_000 * 2, hex('61 78'));
    const frame = Buffer.concat([hex('bf "cmd" "to" "data" 40 "to" 9f'), texts, hex('ff ff')]);
    expect(refused(frame).reason).toBe('to: expected numbers as ids, got "x", "x", "x", …');
  });
});

describe('floats', () => {
  it.each([
    ['f9 0001', '5.960464477539063e-8'],
    ['f9 03ff', '0.00006097555160522461'],
    ['f9 0400', '0.00006103515625'],
    ['f9 3555', '0.333251953125'],
    ['f9 be00', '-1.5'],
    ['f9 7c00', 'Infinity'],
    ['f9 fc00', '-Infinity'],
    ['f9 7e00', 'NaN'],
    ['f9 7c01', 'NaN'],
    ['fa 3dcccccd', '0.10000000149011612'],
    ['fa ff800000', '-Infinity'],
    ['fb 3fb999999999999a', '0.1'],
    ['fb fff8000000000000', 'NaN'],
  ])('%s is %s, which the reason for refusing it says', (dump, number) => {
    expect(refused(hex(`a2 "cmd" "prepare" "max_players" ${dump}`))).toEqual({
      code: 'bad_field',
      reason: `max_players: expected an integer of at least 1, got ${number}`,
    });
  });
});

describe('simple values', () => {
  itReads([
    ['null as no name', prepares('f6'), prepare(1)],
    ['undefined as no name', prepares('f7'), prepare(1)],
    ['an unknown key with a simple value', 'a2 "x" e0 "cmd" "start"', start],
    ['an unknown key with a simple value in two bytes', 'a2 "x" f8 20 "cmd" "start"', start],
    ['an unknown key with the last simple value', 'a2 "x" f8 ff "cmd" "start"', start],
    ['an unknown key with a half float', 'a2 "x" f9 3c00 "cmd" "start"', start],
    ['an unknown key with a single float', 'a2 "x" fa 3f800000 "cmd" "start"', start],
    ['an unknown key with a double float', 'a2 "x" fb 3ff0000000000000 "cmd" "start"', start],
  ]);

  itRefuses([
    ['false in two bytes', 'a2 "x" f8 14 "cmd" "start"', /simple value/],
    ['undefined in two bytes', 'a2 "x" f8 17 "cmd" "start"', /simple value/],
    [
      'the last simple value that must not take two bytes',
      'a2 "x" f8 1f "cmd" "start"',
      /simple value/,
    ],
    ['a simple value in two bytes among ids', sendsTo('81 f8 00'), /simple value/],
  ]);

  it.each([
    ['false', 'f4'],
    ['a simple value without a meaning', 'e0'],
    ['a number', '01'],
    ['bytes', '41 61'],
    ['text that is not UTF-8', '61 ff'],
    ['half a character', '62 f09f'],
  ])('refuses %s as a name', (_, dump) => {
    expect(refused(hex(prepares(dump)))).toEqual({
      code: 'bad_field',
      reason: expect.stringMatching(/^name: expected text/),
    });
  });
});

describe('payloads', () => {
  itReads([
    ['no bytes', sends('40'), toAll('')],
    ['bytes', sends('43 00ff80'), toAll('00ff80')],
    ['bytes in tag 64', sends('d840 43 00ff80'), toAll('00ff80')],
    ['bytes in tag 64 in a wide head', sends('d90040 43 00ff80'), toAll('00ff80')],
    ['bytes in tag 64 in the widest head', sends('db0000000000000040 41 01'), toAll('01')],
    ['bytes in chunks in tag 64', sends('d840 5f 41 01 41 02 ff'), toAll('0102')],
    ['no integers', sends('80'), toAll('')],
    ['integers of one byte', sends('83 00 01 17'), toAll('000117')],
    ['integers of two bytes', sends('83 1818 1880 18ff'), toAll('1880ff')],
    ['integers of two bytes that need one', sends('82 1800 1817'), toAll('0017')],
    ['integers of three bytes', sends('82 190000 1900ff'), toAll('00ff')],
    ['integers of five bytes', sends('82 1a00000000 1a000000ff'), toAll('00ff')],
    ['integers of nine bytes', sends('82 1b0000000000000000 1b00000000000000ff'), toAll('00ff')],
    ['integers as floats', sends('83 f95bf8 fa437f0000 fb406fe00000000000'), toAll('ffffff')],
    ['a list of integers with a head of 2 bytes', sends('98 02 0102'), toAll('0102')],
    ['a list of integers with a head of 3 bytes', sends('99 0002 0102'), toAll('0102')],
    ['a list of integers with a head of 5 bytes', sends('9a 00000002 0102'), toAll('0102')],
    ['a list of integers with a head of 9 bytes', sends('9b 0000000000000002 0102'), toAll('0102')],
    ['no text', sendsText('60'), toStr('')],
    ['text of every UTF-8 length', sendsText('6a 61 c3bc e282ac f09f8e89'), toStr('aü€🎉')],
    ['text with NUL and a byte order mark', sendsText('64 efbbbf 00'), toStr('\ufeff\0')],
  ]);

  it.each([
    ['256 among bytes', '82 01 190100'],
    ['-1 among bytes', '82 01 20'],
    ['-256 among bytes', '82 01 38ff'],
    ['1.5 among bytes', '82 01 f93e00'],
    ['-0.5 among bytes', '82 01 f9b800'],
    ['NaN among bytes', '82 01 f97e00'],
    ['2^32 among bytes', '82 01 1b0000000100000000'],
    ['text among bytes', '82 01 "2"'],
    ['null among bytes', '82 01 f6'],
    ['undefined among bytes', '82 f7 01'],
    ['false among bytes', '82 f4 01'],
    ['a list among bytes', '82 01 8101'],
    ['a map among bytes', '82 01 a0'],
    ['bytes among bytes', '82 01 4101'],
    ['text in place of bytes', '"hello"'],
    ['a number in place of bytes', '01'],
    ['null in place of bytes', 'f6'],
    ['a map in place of bytes', 'a1 "0" 01'],
  ])('refuses %s', (_, dump) => {
    expect(refused(hex(sends(dump)))).toEqual({
      code: 'bad_field',
      reason: expect.stringMatching(/^data: expected a byte string or a list of integers 0 to 255/),
    });
  });

  it.each([
    ['an overlong character', '62 c0af'],
    ['a surrogate', '63 eda080'],
    ['a code point beyond the last', '64 f4908080'],
    ['a lone continuation byte', '61 80'],
    ['half a character', '62 e282'],
    ['half a character at the end of the last chunk', '7f 61 61 62 e282 ff'],
  ])('refuses %s in text', (_, dump) => {
    expect(refused(hex(sendsText(dump)))).toEqual({
      code: 'bad_field',
      reason: 'data: expected valid UTF-8',
    });
  });

  it.each([
    ['bytes', '41 61'],
    ['bytes in tag 64', 'd840 41 61'],
    ['integers', '81 18 61'],
    ['null', 'f6'],
  ])('refuses %s in place of text', (_, dump) => {
    expect(refused(hex(sendsText(dump)))).toEqual({
      code: 'bad_field',
      reason: expect.stringMatching(/^data: expected text/),
    });
  });

  itRefuses([
    ['text in tag 64', sends('d840 61 61'), /tag 64/],
    ['a list in tag 64', sends('d840 81 01'), /tag 64/],
    ['tag 64 in tag 64', sends('d840 d840 41 01'), /tag 64/],
    ['tag 64 around nothing', sends('d840'), /ends before/],
  ]);

  it.each([
    ['bytes', sends('43 010203'), 3],
    ['bytes with a wide head', sends('5b 0000000000000003 010203'), 3],
    ['bytes in tag 64', sends('d840 43 010203'), 3],
    ['text', sendsText('63 616263'), 3],
    ['no bytes', sends('40'), 0],
  ])('passes %s as a view on the frame', (_, dump, length) => {
    const frame = hex(dump);
    expectViewOfTheEnd(frame, length);
    expectViewOfTheEnd(new Uint8Array(frame), length);
  });

  it('passes bytes as a view on a frame that starts inside a larger buffer', () => {
    const frame = hex(sends('43 010203'));
    const buffer = Buffer.alloc(100 + frame.length + 100, 0xee);
    buffer.set(frame, 100);
    expectViewOfTheEnd(buffer.subarray(100, 100 + frame.length), 3);
  });

  function expectViewOfTheEnd(frame: Uint8Array, length: number): void {
    const { bytes } = payloadOf(frame);
    expect(bytes.buffer).toBe(frame.buffer);
    expect(bytes.byteOffset).toBe(frame.byteOffset + frame.length - length);
    expect(bytes.length).toBe(length);
  }

  const inOtherForms: [name: string, data: string][] = [
    ['in chunks', '5f 42 0102 41 03 ff'],
    ['as a list of integers', '83 010203'],
    ['as a list of integers with heads', '83 1801 02 190003'],
    ['as an open list of integers', '9f 010203 ff'],
  ];

  it.each(inOtherForms)('joins bytes that come %s in their own frame', (_, data) => {
    for (const dump of [sends(data), `a3 "data" ${data} "to" 80 "cmd" "to"`]) {
      const frame = hex(dump);
      const { bytes } = payloadOf(frame);
      expect([...bytes]).toEqual([1, 2, 3]);
      expect(bytes.buffer).toBe(frame.buffer);
    }
  });

  const longForms: [name: string, encode: (bytes: Buffer) => Buffer[]][] = [
    ['a byte string', (bytes) => [hex('5a 00011170'), bytes]],
    ['chunks', (bytes) => [hex('5f 41 01 5a 0001116f'), bytes.subarray(1), hex('ff')]],
    ['a list of integers', (bytes) => [hex('9a 00011170'), bytes]],
    ['an open list of integers', (bytes) => [hex('9f'), bytes, hex('ff')]],
  ];

  it.each(longForms)('sends %s of 70,000 bytes from its own frame', (_, encode) => {
    const bytes = Buffer.from(Array.from({ length: 70_000 }, (_, n) => (n + 1) % 24));
    const isFirst = [hex('a3 "data"'), ...encode(bytes), hex('"to" 80 "cmd" "to"')];
    const isLast = [hex('a3 "to" 80 "cmd" "to" "data"'), ...encode(bytes)];
    for (const parts of [isFirst, isLast]) {
      const command = Buffer.concat(parts);
      const payload = payloadOf(command);
      expect(bytes.equals(payload.bytes)).toBe(true);
      expect(payload.frame.buffer).toBe(command.buffer);
      expect(bytes.equals(receiveOne(payload.frame).data)).toBe(true);
    }
  });

  function payloadOf(frame: Uint8Array): SendCommand['payload'] {
    const command = readCommand(frame, true);
    if (command.cmd !== 'send') throw new Error(`expected a message, got ${command.cmd}`);
    return command.payload;
  }
});

describe('bytes after the first item', () => {
  it.each([
    ['a second command', 'a1 "cmd" "stop"'],
    ['a break', 'ff'],
    ['half an item', '7b ff'],
    ['reserved heads', '1c 1d 1e'],
    ['a zero', '00'],
  ])('ignores %s', (_, rest) => {
    expect(read(hex(`a1 "cmd" "start" ${rest}`))).toEqual(start);
    expect(read(hex(`bf "cmd" "start" ff ${rest}`))).toEqual(start);
  });

  it.each([
    ['a command', 'a1 "cmd" "start"', start],
    ['a payload at the end', sends('43 010203', '81 01'), to([1], '010203')],
    ['a list at the end', 'a3 "cmd" "to" "data" 41 ff "to" 82 01 02', to([1, 2])],
    ['text at the end', 'a3 "to" 80 "cmd" "to_str" "data" 62 6869', toStr('hi')],
  ])('ignores the rest of a 256-byte buffer after %s', (_, dump, command) => {
    const zeroFilled = Buffer.alloc(256);
    zeroFilled.set(hex(dump));
    expect(read(zeroFilled)).toEqual(command);
    const filledWithAnotherFrame = Buffer.alloc(256, hex('a1 "cmd" "stop"'));
    filledWithAnotherFrame.set(hex(dump));
    expect(read(filledWithAnotherFrame)).toEqual(command);
  });
});

describe('records', () => {
  const definition = 'd9dfff';

  itReads([
    [
      'a record definition as the map it defines',
      `${definition} 83 19e000 81 "cmd" "start"`,
      start,
    ],
    [
      'a record with several values',
      `${definition} 85 19e000 83 "cmd" "to" "data" "to" 81 01 41 ff`,
      to([1]),
    ],
    ['a record with unknown keys', `${definition} 84 19e000 82 "x" "cmd" 8101 "start"`, start],
    ['a record of indefinite length', `${definition} 9f 19e000 9f "cmd" ff "start" ff`, start],
    ['a record with wide heads', 'da0000dfff 990003 1a0000e000 9801 "cmd" "start"', start],
    ['a record whatever its id is', `${definition} 83 f6 81 "cmd" "start"`, start],
    ['a record with something behind it', `${definition} 83 19e000 81 "cmd" "start" 00 ff`, start],
  ]);

  itRefuses([
    ['a record without values', `${definition} 82 19e000 81 "cmd"`, /fewer values than keys/],
    ['a record with too few values', `${definition} 83 19e000 82 "cmd" "x" "start"`, /fewer/],
    ['a record with too many values', `${definition} 84 19e000 81 "cmd" "start" 01`, /more values/],
    ['an open record with too few values', `${definition} 9f 19e000 81 "cmd" ff`, /fewer/],
    [
      'an open record with too many values',
      `${definition} 9f 19e000 81 "cmd" "start" 01 ff`,
      /more/,
    ],
    ['a record without an id', `${definition} 80`, /record id/],
    ['a record without keys', `${definition} 81 19e000`, /keys of a record/],
    [
      'a record whose keys are no list',
      `${definition} 83 19e000 "cmd" "start"`,
      /keys of a record/,
    ],
    ['a record with a key that is no text', `${definition} 83 19e000 81 01 "start"`, /key/],
    ['a record with a key twice', `${definition} 84 19e000 82 "cmd" "cmd" "start" "stop"`, /twice/],
    ['a map in the tag of a record', `${definition} a1 "cmd" "start"`, /record definition/],
    ['the tag of a record around nothing', definition, /ends before/],
    ['a record in tag 64', `d840 ${definition} 83 19e000 81 "cmd" "start"`, /tag 64/],
  ]);

  it('reads what an Encoder of cbor-x without options sends', () => {
    const encoder = new Encoder();
    const frame = encoder.encode({ cmd: 'to', to: [1, undefined], data: Uint8Array.of(1, 2) });
    expect(frame.subarray(0, 3).toString('hex')).toBe(definition);
    expect(read(frame)).toEqual(to([1], '0102'));
    const again = encoder.encode({ cmd: 'to', to: [1], data: Uint8Array.of(3) });
    expect(read(again)).toEqual(to([1], '03'));
  });

  it('the error for records by shared structures says to encode without records', () => {
    const frame = new Encoder({ structures: [] }).encode({ cmd: 'start' });
    expect(frame.subarray(0, 3).toString('hex')).toBe('d9e000');
    expect(refused(frame)).toEqual({
      code: 'bad_cbor',
      reason: expect.stringContaining('useRecords: false'),
    });
  });

  it.each(['d9e000 81 "start"', 'd9e001 80', 'd9e0ff 81 01', 'da0000e03f 81 01'])(
    'tells hosts with a record of an unknown structure, %s, to encode without records',
    (dump) => {
      expect(refused(hex(dump))).toEqual({
        code: 'bad_cbor',
        reason: expect.stringContaining('useRecords: false'),
      });
    },
  );
});

describe('tags', () => {
  const tags = [
    0, 1, 2, 3, 4, 5, 6, 14, 15, 21, 24, 25, 27, 28, 29, 30, 32, 35, 36, 51, 63, 65, 68, 69, 72,
    105, 216, 225, 256, 258, 259, 1536, 27_647, 28_704, 43_000, 55_798, 57_337, 57_342, 0x53687264,
    0x70000000, 0xffffffff,
  ];
  const inHex = (tag: number) => `da ${tag.toString(16).padStart(8, '0')}`;

  it.each(tags)('refuses tag %i around the map', (tag) => {
    expect(refused(hex(`${inHex(tag)} a1 "cmd" "start"`)).code).toBe('bad_cbor');
  });

  const tagged = (tag: number) =>
    ['01', '41 01', '61 31', '80', '81 01', 'a0', 'd840 41 01', 'c0 61 31'].map(
      (item) => `${inHex(tag)} ${item}`,
    );

  it.each(tags)('skips tag %i around values that the command does not use', (tag) => {
    for (const item of tagged(tag)) {
      for (const frame of [
        `a2 "cmd" "start" "x" ${item}`,
        `a2 "x" ${item} "cmd" "start"`,
        `a2 "cmd" "start" "x" 81 ${item}`,
        `a2 "cmd" "start" "x" a1 ${item} ${item}`,
        `a2 "cmd" "start" "x" 9f ${item} ${item} ff`,
        `a2 "cmd" "start" "player" ${item}`,
        `a2 "cmd" "start" "to" ${item}`,
        `a2 "cmd" "start" "data" ${item}`,
      ]) {
        expect(read(hex(frame))).toEqual(start);
      }
      expect(read(hex(sendsTo(`82 ${item} 05`)))).toEqual(to([5]));
      expect(read(hex(sendsTo(`81 ${item}`)))).toEqual(to([]));
    }
  });

  it.each(tags)('refuses tag %i around a field of the command', (tag) => {
    for (const item of tagged(tag)) {
      for (const frame of [kicks(item), sendsTo(item), sends(item), sends(`81 ${item}`)]) {
        expect(refused(hex(frame)).code).toBe('bad_field');
      }
    }
  });

  it('refuses a tag in place of a key', () => {
    expect(refused(hex('a1 d840 43 636d64 "start"')).code).toBe('bad_cbor');
    expect(refused(hex('a1 c0 "cmd" "start"')).code).toBe('bad_cbor');
  });

  itReads([
    ['what says that it is CBOR', 'd9d9f7 a1 "cmd" "start"', start],
    ['what says so in a wide head', 'da0000d9f7 a1 "cmd" "start"', start],
    ['what says so in the widest head', 'db000000000000d9f7 a1 "cmd" "start"', start],
    ['what says so twice', 'd9d9f7 d9d9f7 a1 "cmd" "start"', start],
    ['an open map that says so', 'd9d9f7 bf "cmd" "start" ff', start],
    ['a record that says so', 'd9d9f7 d9dfff 83 19e000 81 "cmd" "start"', start],
    ['a message that says so', `d9d9f7 ${sends('43 00ff80', '81 01')}`, to([1], '00ff80')],
    ['what says so with something behind it', 'd9d9f7 a1 "cmd" "start" ff ff', start],
    ['tag 64 around text in an unknown key', 'a2 "x" d840 61 61 "cmd" "start"', start],
    ['a set in an unknown key', 'a2 "x" d90102 82 01 02 "cmd" "start"', start],
    ['a record in an unknown key', 'a2 "x" d9dfff 83 19e000 81 "y" 01 "cmd" "start"', start],
    ['a known record in an unknown key', 'a2 "x" d9e000 81 01 "cmd" "start"', start],
  ]);

  itRefuses([
    ['what says that it is CBOR and is no map', 'd9d9f7 01', /expected a map/],
    ['what says that it is CBOR and is nothing', 'd9d9f7', /ends before/],
    ['a shared record that says that it is CBOR', 'd9d9f7 d9e000 81 "start"', /useRecords: false/],
    ['tag 64 around the map', 'd840 a1 "cmd" "start"', /tag 64/],
    [
      'packed values, by which a few bytes grow without end in general decoders',
      'd833 84 81 80 80 80 c6 00',
      /tag 51/,
    ],
    ['a tag around nothing in an unknown key', 'a2 "cmd" "start" "x" c0', /ends before/],
    ['a tag on a break', 'bf "cmd" "start" "x" c0 ff', /break/],
  ]);

  it('counts levels inside tags, too', () => {
    expect(read(hex('a2 "x" c0 81 c0 81 c0 81 c0 01 "cmd" "start"'))).toEqual(start);
    expect(refused(hex('a2 "x" c0 81 c0 81 c0 81 c0 80 "cmd" "start"')).reason).toContain('nested');
  });
});

describe('JSON in a binary frame', () => {
  it.each([
    '{"cmd":"start"}',
    '{}',
    '{',
    ' \t\r\n{"cmd":"prepare","max_players":8,"name":"a room with a long name"}',
    '\ufeff{"cmd":"start"}',
    '{"cmd":"start"}\0',
    '[{"cmd":"start"}]',
    '[]',
  ])('is detected: %j', (json) => {
    expect(refused(Buffer.from(json))).toEqual({
      code: 'bad_cbor',
      reason: 'CBOR: expected a map; send JSON as text, not in a binary frame',
    });
  });

  it.each(['hello', '', '"cmd"', ' '.repeat(100), '\ufeff'])('other bytes are not: %j', (bytes) => {
    expect(refused(Buffer.from(bytes)).reason).not.toContain('JSON');
  });
});

describe('keys', () => {
  itReads([
    ['keys in any order', 'a3 "data" 41 ff "to" 81 01 "cmd" "to"', to([1])],
    ['a command with keys of other commands', 'a3 "cmd" "start" "player" 01 "name" 80', start],
    ['a command with unknown keys', 'a3 "x" 01 "cmd" "start" "y" "z"', start],
    ['a command with an empty key', 'a2 "" 01 "cmd" "start"', start],
    ['a command with an unknown key twice', 'a3 "x" 01 "x" 02 "cmd" "start"', start],
    ['a command with an unknown key that is not UTF-8', 'a2 62 fffe 01 "cmd" "start"', start],
    [
      'keys that resemble known ones as unknown',
      'a4 "cmd" "start" "CMD" "stop" "cmd " "stop" "cmx" "stop"',
      start,
    ],
    [
      'keys of objects as unknown',
      'a3 "__proto__" a1 "cmd" "stop" "constructor" 01 "cmd" "start"',
      start,
    ],
    ['a known key inside an unknown one as unknown', 'a2 "x" a1 "cmd" "stop" "cmd" "start"', start],
    ['a key of 300 bytes as unknown', `a2 79 012c ${'61'.repeat(300)} 01 "cmd" "start"`, start],
  ]);

  itRefuses([
    ['a command twice', 'a2 "cmd" "start" "cmd" "start"', /"cmd" occurs twice/],
    ['a name twice', 'a2 "name" f6 "name" "x"', /"name" occurs twice/],
    ['recipients twice', 'a2 "to" 80 "to" 81 01', /"to" occurs twice/],
    ['a payload twice', 'a2 "data" 41 01 "data" 41 02', /"data" occurs twice/],
    [
      'a payload twice of which the first cannot be used',
      'a2 "data" a0 "data" 41 02',
      /"data" occurs twice/,
    ],
    ['a player twice', 'a2 "player" 01 "player" 01', /"player" occurs twice/],
    ['max_players twice', 'a2 "max_players" 01 "max_players" 08', /"max_players" occurs twice/],
    ['a known key twice, once in chunks', 'a2 "cmd" "start" 7f 61 63 62 6d64 ff "stop"', /twice/],
    ['an integer as a key', 'a2 01 02 "cmd" "start"', /text as a key/],
    ['bytes as a key', 'a1 43 636d64 "start"', /text as a key/],
    ['null as a key', 'a2 f6 01 "cmd" "start"', /text as a key/],
    ['a list as a key', 'a2 80 01 "cmd" "start"', /text as a key/],
    ['a key without a value', 'a2 "cmd" "start" "x"', /ends before/],
  ]);
});

describe('nesting', () => {
  const places: [place: string, frame: (item: string) => string][] = [
    ['an unknown key', (item) => `a2 "x" ${item} "cmd" "start"`],
    ['an unknown key of a record', (item) => `d9dfff 84 00 82 "x" "cmd" ${item} "start"`],
    ['the id of a record', (item) => `d9dfff 83 ${item} 81 "cmd" "start"`],
    ['a field of another command', (item) => `a2 "cmd" "start" "player" ${item}`],
    ['"to"', (item) => `a2 "cmd" "start" "to" ${item}`],
    ['"data"', (item) => `a2 "cmd" "start" "data" ${item}`],
  ];

  it.each(places)('reads past lists and maps down to the fourth level in %s', (_, frame) => {
    for (const item of ['81 81 80', '81 81 81 01', 'a1 01 a1 01 a1 01 02', '9f 9f 9f ff ff ff']) {
      expect(read(hex(frame(item)))).toEqual(start);
    }
  });

  it.each(places)('refuses a fifth level in %s', (_, frame) => {
    for (const item of ['81 81 81 80', 'a1 01 a1 01 a1 01 a0', '9f 9f 9f 9f ff ff ff ff']) {
      expect(refused(hex(frame(item)))).toEqual({
        code: 'bad_cbor',
        reason: 'CBOR: nested deeper than 4',
      });
    }
  });

  it('counts levels, not how many lists there are', () => {
    expect(read(hex(`a2 "x" 98 64 ${'81 80'.repeat(100)} "cmd" "start"`))).toEqual(start);
  });
});

describe('truncation', () => {
  it.each([
    ['a command', 'a1 "cmd" "start"'],
    ['wide heads', 'bb 0000000000000002 7a 00000003 636d64 "kick" "player" 1b 0000000000000001'],
    ['an open map', 'bf "cmd" "to" "to" 9f 01 f6 ff "data" 5f 42 0102 41 03 ff ff'],
    ['text in chunks', 'a3 "cmd" 7f 62 746f 64 5f737472 ff "to" 81 01 "data" 7f 61 c3 61 bc 60 ff'],
    ['floats', sendsTo('83 f93c00 fa3f800000 fb3ff0000000000000')],
    ['tag 64', sends('d840 58 04 01020304')],
    ['a list of integers', sends('84 01 18ff 190001 1b0000000000000001')],
    ['an open list of integers', sends('9f 01 18ff f93c00 ff')],
    ['a room', 'a3 "cmd" "prepare" "max_players" 1903e8 "name" 66 f09f8e89 2121'],
    ['unknown keys', 'a3 "x" 82 a1 "y" 820102 f820 "z" d840 41 01 "cmd" "start"'],
    ['a record', 'd9dfff 85 19e000 83 "cmd" "to" "data" "to" 81 01 41 ff'],
    ['an open record', 'd9dfff 9f 19e000 9f "cmd" ff "start" ff'],
  ])('refuses %s that is truncated at any byte', (_, dump) => {
    const frame = hex(dump);
    read(frame);
    for (let length = 0; length < frame.length; length++) {
      expect(refused(frame.subarray(0, length)).code).toBe('bad_cbor');
    }
  });

  const lengths: [name: string, argument: string][] = [
    ['2^32', '0000000100000000'],
    ['2^53', '0020000000000000'],
    ['2^63', '8000000000000000'],
    ['2^64 - 1', 'ffffffffffffffff'],
  ];
  const stringsAndCollections = ['5b', '7b', '9b', 'bb'];
  const places: [name: string, before: string][] = [
    ['an unknown key', 'a2 "cmd" "start" "x"'],
    ['"cmd"', 'a1 "cmd"'],
    ['"name"', 'a1 "name"'],
    ['"to"', 'a1 "to"'],
    ['"to", as an id', 'a1 "to" 81'],
    ['"to", as an id of an open list', 'a1 "to" 9f'],
    ['"data"', 'a1 "data"'],
    ['"data", as one of its integers', 'a1 "data" 81'],
    ['"data", in chunks of text', 'a1 "data" 7f'],
    ['"data", in chunks of bytes', 'a1 "data" 5f'],
    ['"data", in tag 64', 'a1 "data" d840'],
    ['place of a key', 'a1'],
    ['place of the map', ''],
    ['a record', 'd9dfff'],
    ['the keys of a record', 'd9dfff 83 19e000'],
    ['a value of a record', 'd9dfff 83 19e000 81 "cmd"'],
  ];

  it.each(places)('refuses lengths beyond any frame in %s, and reserves no memory', (_, before) => {
    for (const head of stringsAndCollections) {
      for (const [, argument] of lengths) {
        const frame = hex(`${before} ${head} ${argument} 01 02 03`);
        const reserved = bytesReservedBy(() => {
          expect(refused(frame).code).toBe('bad_cbor');
        });
        expect(reserved).toBeLessThanOrEqual(frame.length);
      }
    }
  });

  it.each(lengths)('refuses tag %s around the map', (_, argument) => {
    expect(refused(hex(`db ${argument} a1 "cmd" "start"`)).code).toBe('bad_cbor');
    expect(read(hex(`a2 "cmd" "start" "x" db ${argument} 41 01`))).toEqual(start);
  });

  it.each([
    ['bytes', sends('43 0102')],
    ['text', sendsText('63 6162')],
    ['a list of ids', 'a3 "cmd" "to" "data" 40 "to" 83 0102'],
    ['a list of integers', sends('83 0102')],
    ['a map', 'a2 "cmd" "start"'],
    ['a map of which half an entry is missing', 'a3 "cmd" "start" "x" 01 "y"'],
  ])('refuses %s that is one short', (_, dump) => {
    expect(refused(hex(dump)).code).toBe('bad_cbor');
  });
});

describe('hostile sizes', () => {
  /** As many copies of a dump as fit into a number of bytes, after another dump. */
  const flood = (before: string, repeated: string, bytes = MIB) =>
    Buffer.concat([hex(before), Buffer.alloc(bytes, hex(repeated))]);

  it('reads a string of 65,536 chunks and refuses one of 65,537', () => {
    const chunks = (count: number) =>
      Buffer.concat([hex(sends('5f')), Buffer.alloc(count * 2, hex('4161')), hex('ff')]);
    expect(read(chunks(65_536))).toEqual(toAll('61'.repeat(65_536)));
    expect(refused(chunks(65_537))).toEqual({
      code: 'bad_cbor',
      reason: 'CBOR: strings in more than 65536 chunks',
    });
  });

  it('refuses a string of a million empty chunks', () => {
    expect(refused(flood('a1 "cmd" 7f', '60')).reason).toContain('chunks');
    expect(refused(flood('a1 "data" 5f', '40')).reason).toContain('chunks');
    expect(refused(flood('a1 "x" 5f', '40')).reason).toContain('chunks');
    expect(refused(flood('a1 7f', '60')).reason).toContain('chunks');
  });

  it('reads a list of 65,536 ids and refuses one of 65,537', () => {
    const ids = (count: number) =>
      Buffer.concat([hex('a3 "cmd" "to" "data" 41 ff "to" 9f'), Buffer.alloc(count, 1), hex('ff')]);
    expect(read(ids(65_536))).toEqual(to(new Array<number>(65_536).fill(1)));
    expect(refused(ids(65_537))).toEqual({
      code: 'bad_field',
      reason: 'to: expected at most 65536 ids',
    });
  });

  it('reads a million bytes as integers in their shortest form, however they are mixed', () => {
    const integers = Buffer.alloc(7 * 200_000, hex('00 17 1818 18ff 07'));
    const frame = Buffer.concat([hex(sends('9f')), integers, hex('ff')]);
    expect(read(frame)).toEqual(toAll('001718ff07'.repeat(200_000)));
  });

  it('refuses bytes as 131,072 integers in any longer form', () => {
    const wide = (count: number) =>
      Buffer.concat([hex(sends('9f')), Buffer.alloc(count * 3, hex('190007')), hex('ff')]);
    expect(read(wide(131_000))).toEqual(toAll('07'.repeat(131_000)));
    expect(refused(wide(131_072)).reason).toBe('CBOR: more than 131072 items');
  });

  it('refuses a million nested lists', () => {
    expect(refused(flood('a1 "x"', '81')).reason).toContain('nested');
    expect(refused(flood('a1 "x"', '9f')).reason).toContain('nested');
    expect(refused(flood('a1 "x"', 'a160')).reason).toContain('nested');
    expect(refused(flood('a1 "to"', '81')).reason).toContain('nested');
    expect(refused(flood('a1 "data"', '9f')).reason).toContain('nested');
    expect(refused(flood('', 'a160')).reason).toContain('nested');
  });

  it('refuses a million nested tags', () => {
    expect(refused(flood('a1 "x"', 'd840')).code).toBe('bad_cbor');
    expect(refused(flood('a1 "data"', 'd840')).code).toBe('bad_cbor');
    expect(refused(flood('', 'd9dfff')).code).toBe('bad_cbor');
  });

  it('refuses a name of a million bytes', () => {
    const frame = Buffer.concat([hex(prepares('7a 00100000')), Buffer.alloc(MIB, 'a')]);
    expect(refused(frame)).toEqual({
      code: 'bad_field',
      reason: expect.stringMatching(/^name: /),
    });
  });

  it.each([
    ['empty lists in "to"', flood('bf "to" 9f', '80')],
    ['empty texts in "to"', flood('bf "to" 9f', '60')],
    ['texts without chunks in "to"', flood('bf "to" 9f', '7fff')],
    ['floats in "to"', flood('bf "to" 9f', 'f93c00')],
    ['integers in "data"', flood('bf "data" 9f', '01')],
    ['empty texts in "data"', flood('bf "data" 9f', '60')],
    ['bytes without chunks in an unknown key', flood('bf "x" 9f', '5fff')],
    ['maps without entries in an unknown key', flood('bf "x" 9f', 'a0')],
    ['chunks of bytes in an unknown key', flood('bf "x" 9f', '5f 4101 4101 ff')],
    ['empty keys', flood('bf', '60')],
    ['entries that are all different', flood('bf', '6161 01 6162 80')],
    ['keys of a record', flood('d9dfff 9f 00 9f', '60')],
  ])('needs little more memory than the frame to read a MiB of %s', (_, frame) => {
    let grown = 0;
    const reserved = bytesReservedBy(() => {
      grown = heapGrownBy(() => expect(refused(frame).code).toBe('bad_cbor'));
    });
    // And the header of the frame into which integers are converted.
    expect(reserved).toBeLessThanOrEqual(frame.length + 16);
    expect(grown).toBeLessThan(4 * frame.length);
  });
});

describe('any command', () => {
  it('is read as cborg encoded it', () => {
    fc.assert(
      fc.property(wireCommand(), (wire) => {
        expect(read(encodeWithCborg(wire))).toEqual(meaning(wire));
      }),
    );
  });

  it('is read as cbor-x encoded it without records', () => {
    const encoder = new Encoder({ useRecords: false });
    fc.assert(
      fc.property(wireCommand(), (wire) => {
        expect(read(encoder.encode(wire))).toEqual(meaning(wire));
      }),
    );
  });

  it('is read as cbor-x encoded it as a record', () => {
    const encoder = new Encoder();
    fc.assert(
      fc.property(wireCommand(), (wire) => {
        const frame = encoder.encode(wire);
        expect(frame[0]).toBe(0xd9);
        expect(read(frame)).toEqual(meaning(wire));
      }),
    );
  });

  it('is read in any valid encoding, with unknown keys and trailing bytes', () => {
    fc.assert(
      fc.property(oddFrame(), ({ wire, frame }) => {
        expect(read(frame)).toEqual(meaning(wire));
      }),
      { numRuns: 1000 },
    );
  });
});

describe('any bytes', () => {
  it('are refused, or a command that cborg and cbor-x read in the same way', () => {
    const accepted = { commands: 0, cborg: 0, 'cbor-x': 0 };
    fc.assert(
      fc.property(anyFrame(), (frame) => {
        const command = readOrUndefined(frame);
        if (command === undefined) return;
        accepted.commands++;
        for (const { oracle, command: other } of opinions(frame)) {
          accepted[oracle]++;
          expect(comparable(command), oracle).toEqual(comparable(other));
        }
      }),
      { numRuns: 10_000 },
    );
    // A check of the test itself: the oracles have read some of the commands.
    expect(accepted.commands).toBeGreaterThan(1000);
    expect(accepted.cborg).toBeGreaterThan(500);
    expect(accepted['cbor-x']).toBeGreaterThan(500);
  });

  it('are read up to the end of the first item', () => {
    fc.assert(
      fc.property(anyFrame(), (frame) => {
        const command = readOrUndefined(frame);
        if (command === undefined) return;
        const { length } = wellFormed(frame);
        expect(read(frame.subarray(0, length))).toEqual(command);
        expect(refused(frame.subarray(0, length - 1)).code).toBe('bad_cbor');
      }),
      { numRuns: 2000 },
    );
  });

  function readOrUndefined(frame: Uint8Array): Legible | undefined {
    try {
      return read(frame);
    } catch (error) {
      expect(error).toBeInstanceOf(CommandError);
      return undefined;
    }
  }
});
