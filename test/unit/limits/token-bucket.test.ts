import fc from 'fast-check';
import { expect, test } from 'vitest';
import { TokenBucket } from '../../../src/limits/token-bucket.js';

test('a full bucket allows its burst at once, and then its rate', () => {
  const bucket = new TokenBucket({ rate: 10, burst: 5 }, 0);
  for (let i = 0; i < 5; i++) expect(bucket.tryTake(1, 0)).toBe(true);
  expect(bucket.tryTake(1, 99)).toBe(false);
  expect(bucket.tryTake(1, 100)).toBe(true);
  expect(bucket.tryTake(1, 100)).toBe(false);
});

test('it never has more tokens than its burst', () => {
  const bucket = new TokenBucket({ rate: 10, burst: 5 }, 0);
  expect(bucket.has(5, 1_000_000)).toBe(true);
  expect(bucket.has(5.1, 2_000_000)).toBe(false);
});

test('an overdrawn bucket recovers at its rate', () => {
  const bucket = new TokenBucket({ rate: 10, burst: 5 }, 0);
  bucket.take(5);
  expect(bucket.overdrawn).toBe(false);
  bucket.take(10);
  expect(bucket.overdrawn).toBe(true);
  expect(bucket.debt(0)).toBe(1000);
  expect(bucket.debt(400)).toBe(600);
  expect(bucket.debt(1000)).toBe(0);
  expect(bucket.overdrawn).toBe(false);
});

test('over any time, no more than the burst and the rate is taken', () => {
  const takes = fc.array(fc.tuple(fc.nat(2000), fc.integer({ min: 1, max: 20 })));
  fc.assert(
    fc.property(takes, (steps) => {
      const bucket = new TokenBucket({ rate: 7, burst: 30 }, 0);
      let now = 0;
      let taken = 0;
      for (const [wait, count] of steps) {
        now += wait;
        if (bucket.tryTake(count, now)) taken += count;
        expect(taken).toBeLessThanOrEqual(30 + (now / 1000) * 7 + 1e-6);
      }
    }),
  );
});
