import { expect, test } from 'vitest';
import { createTokenCheck } from '../../../src/guard/create-token.js';
import { connectionsForDescriptors, memoryForBuffers } from '../../../src/guard/machine.js';
import { originCheck } from '../../../src/guard/origins.js';
import { overload } from '../../../src/guard/overload.js';

const LIMITS = { maxLag: 200, maxHeap: 80 };
const CALM = { lag: 0, heapUsed: 10, heapLimit: 100 };

test.each([
  [{}, undefined],
  [{ lag: 200, heapUsed: 80 }, undefined],
  [{ lag: 201 }, 'late'],
  [{ heapUsed: 81 }, 'heap'],
])('%j is too much of %s', (load, expected) => {
  expect(overload({ ...CALM, ...load }, LIMITS)).toBe(expected);
});

test('a limit of 0 is none', () => {
  const busy = { ...CALM, lag: 10_000, heapUsed: 100 };
  expect(overload(busy, { ...LIMITS, maxLag: 0, maxHeap: 0 })).toBeUndefined();
});

test('the token is compared whole', () => {
  const check = createTokenCheck('s3cret');
  expect([check('s3cret'), check('s3cre'), check('S3CRET'), check(''), check(undefined)]).toEqual([
    true,
    false,
    false,
    false,
    false,
  ]);
  expect(createTokenCheck('')(undefined)).toBe(true);
});

test('origins are compared whole, and only browsers have one', () => {
  const check = originCheck('https://game.example, http://localhost:5173');
  expect(check('https://game.example')).toBe(true);
  expect(check('HTTPS://GAME.example')).toBe(true);
  expect(check('http://localhost:5173')).toBe(true);
  expect(check('https://game.example.evil.test')).toBe(false);
  expect(check('null')).toBe(false);
  expect(check(undefined)).toBe(true);
  expect(originCheck('')('https://anywhere.example')).toBe(true);
});

test.each(['game.example', 'https://game.example/', 'https://a.example,', '*'])(
  'what no browser sends as its origin is refused: %s',
  (origin) => {
    expect(() => originCheck(origin)).toThrow(
      /^expected an origin such as https:\/\/game\.example/,
    );
  },
);

test('origins of apps and of pages without one are origins', () => {
  expect(originCheck('capacitor://localhost, null')('null')).toBe(true);
});

test('descriptors leave room for other files, and for connections where there are few', () => {
  expect(connectionsForDescriptors(1024)).toBe(896);
  expect(connectionsForDescriptors(100)).toBe(50);
  expect(connectionsForDescriptors()).toBeGreaterThan(50);
});

test('buffers may take a quarter of some memory', () => {
  expect(memoryForBuffers()).toBeGreaterThan(10 * 1024 * 1024);
});
