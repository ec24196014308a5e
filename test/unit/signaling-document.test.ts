import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { SIGNALING_ERRORS } from '../../src/protocol/signaling/errors.js';
import { readCall, readRequest } from '../../src/protocol/signaling/read-request.js';
import { METHODS } from '../../src/protocol/signaling/request.js';
import { tableIn } from '../support/protocol-document.js';

const text = readFileSync(new URL('../../docs/dialects.md', import.meta.url), 'utf8');

const methods = tableIn(text, '### Methods');

const keysOf = (cell = ''): string[] =>
  Array.from(cell.matchAll(/`(\w+)`|(\w+)/g), ([, a, b]) => a ?? b ?? '');

test('docs/dialects.md has every method of signaling-server', () => {
  expect(methods.map(([method]) => method)).toEqual([...METHODS]);
});

test.each(methods)('%s needs the keys that docs/dialects.md says', (method, cell) => {
  const keys = keysOf(cell);
  const read = (given: readonly string[]) => {
    const request = { method, ...Object.fromEntries(given.map((key) => [key, 'x'])) };
    return readRequest(readCall(Buffer.from(JSON.stringify(request))));
  };
  expect(read(keys)).toMatchObject({ method });
  for (const missing of keys) {
    const others = keys.filter((key) => key !== missing);
    expect(() => read(others)).toThrow(`${missing} is required`);
  }
});

test('docs/dialects.md has every error of signaling-server', () => {
  const words = tableIn(text, '### Errors of signaling-server').map(([cell]) => cell);
  expect(words).toEqual(Object.values(SIGNALING_ERRORS));
});
