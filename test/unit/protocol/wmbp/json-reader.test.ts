import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { CommandError } from '../../../../src/protocol/wmbp/command-error.js';
import { readCommand } from '../../../../src/protocol/wmbp/read-command.js';
import {
  type Legible,
  legible,
  meaning,
  type WireCommand,
  wireCommand,
} from '../../../support/arbitraries.js';
import { refusal } from '../../../support/hex.js';

const read = (json: string): Legible => legible(readCommand(Buffer.from(json), false));
const refused = (json: string) => refusal(() => read(json));

const start = { cmd: 'start' };

describe('a text frame', () => {
  it.each([
    ['nothing', ''],
    ['blanks', ' \n'],
    ['half an object', '{"cmd":"start"'],
    ['something behind the object', '{"cmd":"start"}{"cmd":"stop"}'],
    ['a NUL inside the object', '{"cmd":\0"start"}'],
    ['a NUL before the object', '\0{"cmd":"start"}'],
    ['100 NULs behind the object', `{"cmd":"start"}${'\0'.repeat(100)}`],
    ['a trailing comma', '{"cmd":"start",}'],
    ['single quotes', "{'cmd':'start'}"],
    ['keys without quotes', '{cmd:"start"}'],
    ['a comment', '{"cmd":"start"} // now'],
    ['undefined', '{"cmd":"to","to":[undefined],"data":[]}'],
    ['NaN', '{"cmd":"kick","player":NaN}'],
    ['a hexadecimal number', '{"cmd":"kick","player":0x1}'],
    ['two byte order marks', '\ufeff\ufeff{"cmd":"start"}'],
    ['a byte order mark behind the object', '{"cmd":"start"}\ufeff'],
    ['nothing but a byte order mark and a NUL', '\ufeff\0'],
    ['a raw line break in text', '{"cmd":"to_str","to":[],"data":"a\nb"}'],
    ['60,000 brackets', '['.repeat(60_000)],
    ['10,000 braces', '{"x":'.repeat(10_000)],
  ])('with %s cannot be parsed', (_, json) => {
    expect(refused(json)).toEqual({ code: 'bad_json', reason: 'JSON: cannot be parsed' });
  });

  it.each([
    ['a byte order mark in front', '\ufeff{"cmd":"start"}'],
    ['a NUL behind', '{"cmd":"start"}\0'],
    ['NULs and spaces behind', '{"cmd":"start"} \0\0\r\n\0'],
    ['both', '\ufeff {"cmd":"start"}\n\0'],
  ])('may have %s', (_, json) => {
    expect(read(json)).toEqual(start);
  });

  it('keeps a byte order mark and a NUL inside of the message', () => {
    const data = '\ufeffa\0';
    const json = JSON.stringify({ cmd: 'to_str', to: [], data });
    expect(read(`\ufeff${json}\0`)).toEqual({ cmd: 'send', to: 'everybody', text: data });
  });

  it.each([
    ['null', 'null'],
    ['a boolean', 'true'],
    ['a number', '1'],
    ['text', '"start"'],
    ['an empty list', '[]'],
    ['a list around an object', '[{"cmd":"start"}]'],
    ['30,000 lists, one in the other', nestedLists(30_000)],
  ])('with %s is not an object', (_, json) => {
    expect(refused(json)).toEqual({ code: 'bad_json', reason: 'JSON: expected an object' });
  });

  it.each([
    ['blanks around everything', ' \t\r\n{ "cmd" : "start" }\n'],
    ['escapes in keys and values', '{"\\u0063md":"st\\u0061rt"}'],
    ['unknown keys', '{"cmd":"start","x":{"y":[null,{"cmd":"stop"}]}}'],
    ['fields of other commands', '{"cmd":"start","to":{},"data":[[]],"name":1,"player":"x"}'],
    ['a key twice, of which the last counts', '{"cmd":"stop","cmd":"start"}'],
    ['30,000 brackets in an unknown key', `{"x":${nestedLists(30_000)},"cmd":"start"}`],
    ['30,000 brackets in "to"', `{"to":${nestedLists(30_000)},"cmd":"start"}`],
    ['30,000 brackets in "data"', `{"data":${nestedLists(30_000)},"cmd":"start"}`],
  ])('may have %s', (_, json) => {
    expect(read(json)).toEqual(start);
  });

  it.each([
    ['lists', `{"cmd":"start","x":${nestedLists(100_000)}}`],
    ['objects', `{"cmd":"start","x":[${'{},'.repeat(50_000)}1]}`],
    ['keys', `{"cmd":"start",${Array.from({ length: 20_000 }, (_, i) => `"${i}":1`)}}`],
  ])('of more than 64 KiB of %s is refused without parsing', (_, json) => {
    const reason = 'JSON: more than 1024 lists, objects and keys';
    expect(refused(json)).toEqual({ code: 'bad_json', reason });
  });

  it('of more than 64 KiB may be full of brackets in text, quoted or not', () => {
    const data = '[{:"\\'.repeat(50_000);
    expect(read(JSON.stringify({ cmd: 'to_str', to: [], data }))).toMatchObject({ cmd: 'send' });
  });

  it('contains up to 512 KiB of bytes as integers', () => {
    const json = (count: number) =>
      JSON.stringify({ cmd: 'to', to: [1], data: Array(count).fill(7) });
    expect(read(json(512 * 1024 - 20))).toMatchObject({ cmd: 'send' });
    const reason = 'JSON: more than 524288 values; send more as CBOR';
    expect(refused(json(512 * 1024))).toEqual({ code: 'bad_json', reason });
  });

  it.each([
    ['fractions', '1.5'],
    ['exponents', '1E9'],
    ['strings', '"ab"'],
  ])('of 300,000 %s, which cost more than integers, is refused without parsing', (_, value) => {
    const reason = 'JSON: more than 524288 values; send more as CBOR';
    const list = Array(300_000).fill(value).join();
    expect(refused(`{"cmd":"start","x":[${list}]}`)).toEqual({ code: 'bad_json', reason });
  });

  it.each([
    ['text beyond ASCII', 'é€🎉\ufeff'],
    ['control characters, which are escaped', '\0\n\u001f'],
    ['both', 'é\0'],
    ['lone surrogates, which are escaped', '\ud83c'],
  ])('of more than 64 KiB has the same text as a short one: %s', (_, data) => {
    const long = data.repeat(30_000);
    const fields = { cmd: 'to_str', to: [], data: long };
    expect(read(JSON.stringify(fields))).toMatchObject({ text: long.toWellFormed() });
    const others = { cmd: 'prepare', max_players: 4, x: long };
    const name = `${data}é`.toWellFormed();
    expect(read(JSON.stringify({ ...others, name }))).toMatchObject({ name });
    const choices = ['é', '\ud83c'];
    expect(read(JSON.stringify({ cmd: 'poll', choices, x: long }))).toMatchObject({
      choices: ['é', '\ufffd'],
    });
    expect(read(JSON.stringify({ cmd: 'poll', choices }))).toMatchObject({
      choices: ['é', '\ufffd'],
    });
    const ids = { cmd: 'to', to: ['é'], data: [1], x: long };
    expect(refused(JSON.stringify(ids)).reason).toBe('to: expected numbers as ids, got "é"');
  });

  it('of more than 64 KiB may have half a million backslashes', () => {
    const json = (count: number) => `{"cmd":"to_str","to":[],"data":"${'\\n'.repeat(count)}"}`;
    expect(read(json(524_288))).toMatchObject({ cmd: 'send' });
    const reason = 'JSON: more than 524288 backslashes; send more as CBOR';
    expect(refused(json(524_289))).toEqual({ code: 'bad_json', reason });
  });

  it('of more than 4 MiB is refused', () => {
    const text = (length: number) => JSON.stringify({ cmd: 'start', x: 'x'.repeat(length) });
    expect(read(text(4 * 1024 * 1024 - 100))).toEqual(start);
    expect(refused(text(4 * 1024 * 1024)).reason).toBe(
      'JSON: expected at most 4 MiB; send more as CBOR',
    );
  });

  it('may be a view on a larger buffer', () => {
    const buffer = Buffer.from('xx{"cmd":"start"}xx');
    expect(readCommand(buffer.subarray(2, -2), false)).toEqual(start);
    expect(readCommand(new Uint8Array(buffer).subarray(2, -2), false)).toEqual(start);
  });

  it('is read by its own keys only, and changes no prototype', () => {
    const inherited = '{"__proto__":{"cmd":"stop","to":[]},"constructor":{"prototype":{"to":[]}}}';
    expect(refused(inherited).code).toBe('unknown_command');
    expect(read('{"__proto__":{"name":"x"},"cmd":"prepare","max_players":1}')).toEqual({
      cmd: 'prepare',
      maxPlayers: 1,
      name: '',
    });
    expect(read('{"__proto__":null,"cmd":"start"}')).toEqual(start);
    expect({}).not.toHaveProperty('cmd');
    expect({}).not.toHaveProperty('to');
  });

  function nestedLists(depth: number): string {
    return '['.repeat(depth) + ']'.repeat(depth);
  }
});

describe('bytes', () => {
  const sends = (data: string) => `{"cmd":"to","to":[1],"data":${data}}`;

  it.each([
    ['[]', ''],
    ['[0]', '00'],
    ['[0,1,127,128,255]', '00017f80ff'],
    ['[1.0, 1e0, 25.5e1, -0]', '0101ff00'],
  ])('are the list %s', (data, bytes) => {
    expect(read(sends(data))).toEqual({ cmd: 'send', to: [1], bytes });
  });

  it.each([
    '[256]',
    '[-1]',
    '[1.5]',
    '[0,"1"]',
    '[null]',
    '[true]',
    '[[1]]',
    '[{}]',
    '[1e400]',
    '{}',
    '{"0":1,"length":1}',
    '"text"',
    '"AQI="',
    'null',
    'true',
    '1',
  ])('are not %s', (data) => {
    expect(refused(sends(data))).toEqual({
      code: 'bad_field',
      reason: expect.stringMatching(/^data: expected a byte string or a list of integers 0 to 255/),
    });
  });

  it('must be there', () => {
    expect(refused('{"cmd":"to","to":[1]}')).toEqual({
      code: 'bad_field',
      reason: expect.stringMatching(/^data: .* got nothing$/),
    });
  });
});

describe('text', () => {
  const sends = (data: string) => `{"cmd":"to_str","to":[],"data":${data}}`;

  it.each([
    ['""', ''],
    ['"hello"', 'hello'],
    ['"aü€🎉"', 'aü€🎉'],
    ['"\\ud83c\\udf89"', '🎉'],
    ['"\\u0000\\n\\ufeff"', '\0\n\ufeff'],
  ])('is %s', (data, text) => {
    expect(read(sends(data))).toEqual({ cmd: 'send', to: 'everybody', text });
  });

  it.each(['[104,105]', '[]', 'null', '1', '{}'])('is not %s', (data) => {
    expect(refused(sends(data))).toEqual({
      code: 'bad_field',
      reason: expect.stringMatching(/^data: expected text, got /),
    });
  });

  it.each(['"\\ud83c"', '"\\udf89"', '"\\udf89\\ud83c"', '"a\\ud83cb"'])(
    'that has no UTF-8, such as %s, gets replacement characters',
    (data) => {
      const text = (JSON.parse(data) as string).replace(/[\ud800-\udfff]/g, '\ufffd');
      expect(read(sends(data))).toEqual({ cmd: 'send', to: 'everybody', text });
      expect(read(`{"cmd":"prepare","max_players":1,"name":${data}}`)).toMatchObject({
        name: text,
      });
    },
  );
});

describe('recipients', () => {
  const sends = (to: string) => `{"cmd":"to","to":${to},"data":[1]}`;

  it.each([
    ['[]', 'everybody'],
    ['[1,2]', [1, 2]],
    ['[1.0,2e0]', [1, 2]],
    ['[null,1,true,[3],{"4":4},5.5,6]', [1, 6]],
    ['[null]', []],
    ['[[]]', []],
    ['[1e400]', []],
    ['[9007199254740993]', [9007199254740992]],
  ])('are those in %s', (to, ids) => {
    expect(read(sends(to))).toEqual({ cmd: 'send', to: ids, bytes: '01' });
  });

  it.each([
    ['["1"]', '"1"'],
    ['[""]', '""'],
    ['[1,"2",3,null,"four"]', '"2", "four"'],
    ['["a","b","c","d"]', '"a", "b", "c", …'],
    [`["${'x'.repeat(1000)}"]`, `"${'x'.repeat(20)}"`],
  ])('cannot be text, which the error shows: %s', (to, named) => {
    const reason = `to: expected numbers as ids, got ${named}`;
    expect(refused(sends(to))).toEqual({ code: 'bad_field', reason });
  });

  it.each(['null', '""', '"everybody"', '1', 'false', '{}', '{"length":0}'])(
    'are never everybody because of %s',
    (to) => {
      expect(refused(sends(to))).toEqual({
        code: 'bad_field',
        reason: expect.stringMatching(/^to: expected a list of player ids, got /),
      });
    },
  );

  it('are never all players because all were skipped', () => {
    expect(refused('{"cmd":"to","data":[1]}')).toEqual({
      code: 'bad_field',
      reason: 'to: expected a list of player ids, got nothing',
    });
  });

  it('are at most 65,536', () => {
    const ids = (count: number) => `[${new Array(count).fill(1).join()}]`;
    expect(read(sends(ids(65_536)))).toMatchObject({ cmd: 'send' });
    expect(refused(sends(ids(65_537))).reason).toBe('to: expected at most 65536 ids');
  });
});

describe('numbers', () => {
  const prepares = (max: string) => `{"cmd":"prepare","max_players":${max}}`;

  it.each([
    ['8', 8],
    ['8.0', 8],
    ['80e-1', 8],
    ['1e3', 1000],
    ['1e300', 1e300],
  ])('are integers if they are written as %s', (max, maxPlayers) => {
    expect(read(prepares(max))).toEqual({ cmd: 'prepare', maxPlayers, name: '' });
  });

  it.each(['0', '-0', '-1', '8.5', '1e400', '-1e400', '"8"', 'true', 'null', '[8]', '{}'])(
    'are no number of players if they are written as %s',
    (max) => {
      expect(refused(prepares(max))).toEqual({
        code: 'bad_field',
        reason: expect.stringMatching(/^max_players: expected an integer of at least 1, got /),
      });
    },
  );
});

describe('any text', () => {
  it('that is a command in JSON is read as the same command', () => {
    fc.assert(
      fc.property(wireCommand(), (wire) => {
        expect(read(toJson(wire))).toEqual(meaning(wire));
      }),
      { numRuns: 500 },
    );
  });

  it('is a command or is refused', () => {
    const mostly = fc.oneof(fc.json(), fc.string(), brokenCommand());
    fc.assert(
      fc.property(mostly, (json) => {
        try {
          read(json);
        } catch (error) {
          expect(error).toBeInstanceOf(CommandError);
        }
      }),
      { numRuns: 1000 },
    );
  });

  function toJson(wire: WireCommand): string {
    return JSON.stringify(wire.cmd === 'to' ? { ...wire, data: [...(wire.data ?? [])] } : wire);
  }

  /** A command whose fields have any JSON value. */
  function brokenCommand(): fc.Arbitrary<string> {
    const anything = fc.jsonValue();
    const fields = { to: anything, data: anything, name: anything, player: anything };
    return fc
      .record({ cmd: fc.constantFrom('to', 'to_str', 'kick', 'prepare'), ...fields })
      .map((command) => JSON.stringify(command));
  }
});
