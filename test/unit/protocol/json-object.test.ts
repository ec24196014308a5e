import { Buffer } from 'node:buffer';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { type JsonMember, readJsonObject } from '../../../src/protocol/json-object.js';

function utf8(latin1: string): string {
  return Buffer.from(latin1, 'latin1').toString();
}

/** The members by key, each value as it was written. */
function membersOf(members: readonly JsonMember[]): Record<string, string> {
  return Object.fromEntries(members.map(({ key, value }) => [utf8(key), utf8(value)]));
}

function read(json: string): readonly JsonMember[] | 'invalid' {
  try {
    return readJsonObject(Buffer.from(json));
  } catch (error) {
    if (error instanceof SyntaxError) return 'invalid';
    throw error;
  }
}

/** The result of `JSON.parse`, if it is an object. */
function parsed(json: string): object | 'invalid' {
  try {
    const value: unknown = JSON.parse(json);
    return typeof value === 'object' && value !== null && !Array.isArray(value) ? value : 'invalid';
  } catch {
    return 'invalid';
  }
}

test.each([
  ['{}', {}],
  [' { } ', {}],
  ['{"a":1}', { a: '1' }],
  ['{ "a" : 1 , "b" : [ 1 , { "c" : "]}" } ] }', { a: '1', b: '[ 1 , { "c" : "]}" } ]' }],
  ['{"a":"\\"","b":"\\\\","c":"\\\\\\"}"}', { a: '"\\""', b: '"\\\\"', c: '"\\\\\\"}"' }],
  ['{"\\u0061":-1.50e+3}', { a: '-1.50e+3' }],
  ['{"a":true,"b":null,"c":""}', { a: 'true', b: 'null', c: '""' }],
  ['{"":{}}', { '': '{}' }],
  ['\n{\t"a"\r:\n"x"\n}\n', { a: '"x"' }],
  ['{"é":"\u{1f600} \\ud800"}', { é: '"\u{1f600} \\ud800"' }],
])('%s', (json, members) => {
  expect(membersOf(readJsonObject(Buffer.from(json)))).toEqual(members);
});

test('lists the members of objects that are values, and not of deeper ones', () => {
  const [member] = readJsonObject(Buffer.from('{"a":{"b":{"c":1},"d":[{}],"b":2}}'));
  const keys = member?.members?.map(({ key, members }) => [key, members?.length]);
  expect(keys).toEqual([
    ['b', 0],
    ['d', undefined],
    ['b', undefined],
  ]);
});

const object = fc.dictionary(fc.string({ unit: 'binary' }), fc.jsonValue());

test('finds the members of any object, as they were written', () => {
  fc.assert(
    fc.property(object, fc.constantFrom('', ' ', '\n  '), (value, indent) => {
      const members = readJsonObject(Buffer.from(JSON.stringify(value, null, indent)));
      for (const { value: json } of members) expect(json).toBe(json.trim());
      const entries = members.map(({ key, value: json }) => [utf8(key), JSON.parse(utf8(json))]);
      expect(entries).toEqual(Object.entries(JSON.parse(JSON.stringify(value))));
    }),
  );
});

const TOKENS = [
  ...['{', '}', '[', ']', ',', ':', '"', '\\', ' ', '\n', '\t', '\r', '\0', '\u00a0', '\ufeff'],
  ...['\\u', '\\u00e9', '\\uD800', '\\u12g4', '\\n', '\\/', '\\x', "'", '\u2028', '\u007f', 'é'],
  ...['0', '1', '9', '-', '+', '.', 'e', 'E', '00', '-0', '1.5', '1e9', '1E-2', '.5', '5.', '0x1'],
  ...['true', 'false', 'null', 'nul', 'NaN', 'Infinity', 'undefined', '"a":', '"":{}', '[]', '//'],
];

describe('accepts what JSON.parse accepts', () => {
  const token = fc.constantFrom(...TOKENS);

  test('of objects with a change somewhere', () => {
    const edit = fc.record({ at: fc.nat(), remove: fc.nat(2), insert: token });
    fc.assert(
      fc.property(object, fc.array(edit, { maxLength: 2 }), (value, edits) => {
        let json = JSON.stringify(value);
        for (const { at, remove, insert } of edits) {
          const start = at % (json.length + 1);
          json = json.slice(0, start) + insert + json.slice(start + remove);
        }
        // UTF-8, as the relay receives it, has no lone surrogates.
        json = json.toWellFormed();
        expect(read(json) === 'invalid').toBe(parsed(json) === 'invalid');
      }),
      { numRuns: 1000 },
    );
  });

  test('of random tokens as a value', () => {
    fc.assert(
      fc.property(fc.array(token, { maxLength: 5 }), (tokens) => {
        const json = `{"a":${tokens.join('')}}`;
        expect(read(json) === 'invalid').toBe(parsed(json) === 'invalid');
      }),
      { numRuns: 5000 },
    );
  });

  test('of every character at the places where few are allowed', () => {
    for (let code = 0; code < 0x180; code++) {
      const character = String.fromCharCode(code);
      const values = [`"${character}"`, `"\\${character}0041"`, `"\\u004${character}"`];
      for (const value of [
        ...values,
        character,
        `1${character}`,
        `1${character}1`,
        `[]${character}`,
      ]) {
        const json = `{"a":${value}}`;
        expect([json, read(json) === 'invalid']).toEqual([json, parsed(json) === 'invalid']);
      }
    }
  });

  test.each(['', ' ', '[]', '"a"', '1', 'null', '{', '{"a"', '{"a":', '{"a":1', '{"a":1,', '{,}'])(
    'rejects %j',
    (json) => {
      expect(read(json)).toBe('invalid');
    },
  );
});

test('rejects more than 32 levels', () => {
  const nested = (levels: number) => `{"a":${'['.repeat(levels - 1)}${']'.repeat(levels - 1)}}`;
  const objects = (levels: number) => `${'{"a":'.repeat(levels)}1${'}'.repeat(levels)}`;
  for (const json of [nested, objects]) {
    expect(read(json(32))).not.toBe('invalid');
    expect(read(json(33))).toBe('invalid');
  }
});

test('rejects more than 64 members of the object, or of one of its values', () => {
  const members = (count: number) => `{${Array.from({ length: count }, (_, i) => `"${i}":1`)}}`;
  for (const json of [members, (count: number) => `{"a":${members(count)}}`]) {
    expect(read(json(64))).not.toBe('invalid');
    expect(read(json(65))).toBe('invalid');
  }
  expect(read(`{"a":[${members(1000)}]}`)).not.toBe('invalid');
});
