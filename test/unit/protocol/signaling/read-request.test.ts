import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { SignalingError } from '../../../../src/protocol/signaling/errors.js';
import { readCall, readRequest } from '../../../../src/protocol/signaling/read-request.js';
import { METHODS } from '../../../../src/protocol/signaling/request.js';

const read = (body: string | object) =>
  readRequest(readCall(Buffer.from(typeof body === 'string' ? body : JSON.stringify(body))));

function errorOf(body: string | object): string {
  try {
    read(body);
  } catch (error) {
    if (error instanceof SignalingError) return error.message;
    throw error;
  }
  throw new Error('can be read');
}

const NOT_RPC = 'Not a valid rpc. HTTP post body must be a json object with method key';

describe('a body is not a request', () => {
  test.each([
    '',
    '{',
    '{}',
    '[]',
    '["method"]',
    '"method"',
    'null',
    '5',
    '{"Method":"echo"}',
    '{"method":"echo"}{}',
    '{"toString":1}',
    '\ufeff\ufeff{"method":"echo"}',
  ])('if it is %s', (body) => expect(errorOf(body)).toBe(NOT_RPC));

  test('if it is not UTF-8', () =>
    expect(() => readCall(Buffer.from('fffe00', 'hex'))).toThrow(NOT_RPC));
});

describe('an unknown method is in the error', () => {
  test.each([
    ['"nope"', 'nope'],
    ['5', '5'],
    ['null', 'null'],
    ['["echo"]', '["echo"]'],
    ['{"a":1}', '{"a":1}'],
    ['"ECHO"', 'ECHO'],
    ['"__proto__"', '__proto__'],
    ['""', ''],
  ])('%s', (method, name) =>
    expect(errorOf(`{"method":${method}}`)).toBe(`unknown method ${name}`),
  );

  test('up to 100 characters', () =>
    expect(errorOf({ method: 'x'.repeat(5000) })).toBe(`unknown method ${'x'.repeat(100)}`));
});

describe('missing keys are reported in the order of the original', () => {
  const withChannel = METHODS.filter((method) => !/data_channel|echo/.test(method));

  test.each(withChannel)('%s without channel_id', (method) =>
    expect(errorOf({ method, offer: 1, answer: 1, candidate: 1 })).toBe('channel_id is required'),
  );

  test.each(['offer', 'answer', 'candidate'])('create_%s without its value', (name) =>
    expect(errorOf({ method: `create_${name}`, channel_id: 'nope' })).toBe(`${name} is required`),
  );

  test.each(['offer', 'answer', 'candidate'])('a %s of null is there', (name) =>
    expect(read({ method: `create_${name}`, channel_id: 'c', [name]: null })).toMatchObject({
      channelId: 'c',
    }),
  );

  test("keys of an object's prototype do not count", () =>
    expect(errorOf({ method: 'get_offer', constructor: 1 })).toBe('channel_id is required'));
});

describe('a valid request', () => {
  test('names its channel; an id that is not a string names none', () => {
    const idIn = (id: unknown) => read({ method: 'get_offer', channel_id: id, x: 1 });
    expect(idIn('c')).toEqual({ method: 'get_offer', channelId: 'c' });
    for (const id of [null, 5, ['c'], {}]) expect(idIn(id)).toMatchObject({ channelId: '' });
  });

  test('has an offer or answer as a string, or as the JSON of another value', () => {
    const offer = (value: unknown) =>
      read({ method: 'create_offer', channel_id: 'c', offer: value });
    expect(offer('v=0\r\n"é\ud800')).toMatchObject({ text: 'v=0\r\n"é\ud800' });
    expect(offer({ type: 'offer', sdp: 'x' })).toMatchObject({
      text: '{"type":"offer","sdp":"x"}',
    });
    expect(offer(true)).toMatchObject({ text: 'true' });
    expect(offer(null)).toMatchObject({ text: 'null' });
  });

  const candidate = (json: string) =>
    read(`{"method":"create_candidate","channel_id":"c","candidate":${json}}`);

  test('has a candidate as JSON, without the white space and escapes of the request', () => {
    expect(candidate('"c1"')).toMatchObject({ json: '"c1"' });
    expect(candidate('null')).toMatchObject({ json: 'null' });
    expect(candidate('0.5')).toMatchObject({ json: '0.5' });
    expect(candidate('{"b": [1.0, {"d":1,"c":2}], "a":"\\u0062"}')).toMatchObject({
      json: '{"b":[1,{"d":1,"c":2}],"a":"b"}',
    });
    expect(candidate('{"__proto__":{"x":1}}')).toMatchObject({ json: '{"__proto__":{"x":1}}' });
  });

  test('refuses a candidate that JSON would change', () =>
    expect(() => candidate('{"a":[1e400]}')).toThrow('fail to create candidate'));

  test('is returned unchanged by echo', () => {
    const json = '{"method":"echo", "a":[12345678901234567890]}';
    expect(read(`\ufeff${json}`)).toEqual({ method: 'echo', json });
  });

  test('accepts any candidate', () => {
    fc.assert(
      fc.property(fc.jsonValue({ maxDepth: 5 }), (value) => {
        const request = candidate(JSON.stringify(value));
        const json = request.method === 'create_candidate' ? request.json : '';
        expect(JSON.parse(json)).toEqual(JSON.parse(JSON.stringify(value)));
      }),
    );
  });
});

describe('the structure of JSON is limited before it is parsed', () => {
  const nested = (levels: number) =>
    `{"method":"echo","a":${'['.repeat(levels - 1)}${']'.repeat(levels - 1)}}`;

  test('32 levels', () => {
    expect(read(nested(32))).toMatchObject({ method: 'echo' });
    expect(errorOf(nested(33))).toBe('json is nested more than 32 levels deep');
    expect(errorOf('['.repeat(65536))).toBe('json is nested more than 32 levels deep');
  });

  test.each(['1,', '[],', '{},', '"",'])('1024 values like %s', (value) => {
    const list = (count: number) => `{"method":"echo","a":[${value.repeat(count).slice(0, -1)}]}`;
    expect(errorOf(list(1100))).toBe('json has more than 1024 values');
    expect(read(list(500))).toMatchObject({ method: 'echo' });
  });

  test('the content of strings does not count', () => {
    const offer = `\\"${'[{:,'.repeat(1000)}\\\\`;
    expect(read(`{"method":"create_offer","channel_id":"c","offer":"${offer}"}`)).toMatchObject({
      text: `"${'[{:,'.repeat(1000)}\\`,
    });
  });
});
