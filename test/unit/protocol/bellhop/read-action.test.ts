import { Buffer } from 'node:buffer';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { ACTIONS } from '../../../../src/protocol/bellhop/actions.js';
import { readAction } from '../../../../src/protocol/bellhop/read-action.js';

function read(json: string): unknown {
  return readAction(Buffer.from(json));
}

/** A valid content of the action. */
function contentOf(action: keyof typeof ACTIONS): Record<string, unknown> {
  const fields = Object.entries(ACTIONS[action] ?? {});
  return Object.fromEntries(fields.map(([key, kind]) => [key, kind === 'any' ? 1 : 'x']));
}

describe.each(Object.keys(ACTIONS) as (keyof typeof ACTIONS)[])('%s', (action) => {
  const content = contentOf(action);

  test('is read with its keys in any order', () => {
    const reversed = Object.fromEntries(Object.entries(content).reverse());
    const values = Object.entries(content).map(([key, value]) => [key, value === 1 ? '1' : value]);
    const expected = { action, ...Object.fromEntries(values) };
    expect(read(JSON.stringify({ action, content }))).toEqual(expected);
    expect(read(JSON.stringify({ content: reversed, action }))).toEqual(expected);
  });

  test.each(Object.keys(content))('requires %s, and rejects other members', (key) => {
    const { [key]: _, ...rest } = content;
    const isOptional = action === 'start_lobby';
    expect(read(JSON.stringify({ action, content: rest })) !== undefined).toBe(isOptional);
    expect(read(JSON.stringify({ action, content: { ...content, more: 1 } }))).toBeUndefined();
    expect(read(JSON.stringify({ action, content, more: 1 }))).toBeUndefined();
  });
});

test('if a key occurs twice, the last one counts, as in every JSON parser', () => {
  const json = '{"action":"nope","action":"join_lobby","content":{"lobby_id":1,"lobby_id":"b"}}';
  expect(read(json)).toEqual({ action: 'join_lobby', lobby_id: 'b' });
});

test('escapes in keys and names are read', () => {
  const json = '{"acti\\u006fn":"join\\u005flobby","content":{"lobby\\u005fid":"\\ud83d\\ude00"}}';
  expect(read(json)).toEqual({ action: 'join_lobby', lobby_id: '😀' });
});

test('any bytes are read or refused, and nothing is thrown', () => {
  fc.assert(fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => void readAction(bytes)));
  fc.assert(
    fc.property(fc.json(), fc.constantFrom(...Object.keys(ACTIONS)), (content, action) => {
      read(`{"action":"${action}","content":${content}}`);
    }),
  );
});

test.each([
  ['lists in a list', `[${'[],'.repeat(40_000)}[]]`],
  ['lists in lists', '['.repeat(60_000) + ']'.repeat(60_000)],
  ['objects in objects', `${'{"a":'.repeat(20_000)}1${'}'.repeat(20_000)}`],
  ['many keys', `{${Array.from({ length: 10_000 }, (_, i) => `"${i}":1`).join()}}`],
  ['a long number', '1'.repeat(120_000)],
  ['many backslashes', JSON.stringify('\\'.repeat(60_000))],
  ['many quotes', JSON.stringify('"'.repeat(60_000))],
])('%s take less than 10 ms', (_, value) => {
  const content = `{"connection_id":"x","media":${value},"index":0,"name":0}`;
  const bytes = Buffer.from(`{"action":"send_ice_candidate","content":${content}}`);
  // The first runs are interpreted.
  const times = Array.from({ length: 20 }, () => {
    const start = performance.now();
    readAction(bytes);
    return performance.now() - start;
  });
  expect(Math.min(...times)).toBeLessThan(10);
});
