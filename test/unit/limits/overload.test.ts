import { expect, test } from 'vitest';
import { createTokenCheck } from '../../../src/limits/create-token.js';
import { originCheck } from '../../../src/limits/origins.js';
import { overload } from '../../../src/limits/overload.js';
import {
  connectionBound,
  connectionsForDescriptors,
  memoryForBuffers,
} from '../../../src/ops/machine.js';

const LIMITS = { maxLag: 200, maxHeap: 80 };
const CALM = { lag: 0, heapUsed: 10, heapLimit: 100 };

test.each([
  [{}, undefined],
  [{ lag: 200, heapUsed: 80 }, undefined],
  [{ lag: 201 }, 'late'],
  [{ heapUsed: 81 }, 'heap'],
])('%j exceeds the limit for %s', (load, expected) => {
  expect(overload({ ...CALM, ...load }, LIMITS)).toBe(expected);
});

test('a limit of 0 is no limit', () => {
  const busy = { ...CALM, lag: 10_000, heapUsed: 100 };
  expect(overload(busy, { ...LIMITS, maxLag: 0, maxHeap: 0 })).toBeUndefined();
});

test('the whole token is compared', () => {
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

test('whole origins are compared, and requests without one are allowed', () => {
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

test('origins of apps, and null, are valid', () => {
  expect(originCheck('capacitor://localhost, null')('null')).toBe(true);
});

test('connections get the file descriptors that other files do not need, but at least half', () => {
  expect(connectionsForDescriptors(1024)).toBe(896);
  expect(connectionsForDescriptors(100)).toBe(50);
  expect(connectionsForDescriptors()).toBeGreaterThan(50);
});

test('buffers may use a quarter of the memory', () => {
  expect(memoryForBuffers()).toBeGreaterThan(10 * 1024 * 1024);
});

test('more connections than file descriptors allow are an error that names the maximum', () => {
  expect(connectionBound(896, 1024)).toBe(896);
  expect(connectionBound(0, 1024)).toBe(896);
  expect(() => connectionBound(897, 1024)).toThrow(
    /897 is more than .* 1024 .*, which is 896; raise/,
  );
});
