import { expect, test } from 'vitest';
import { AddressBuckets } from '../../../src/limits/address-buckets.js';
import { Misses } from '../../../src/limits/misses.js';

const code = (n: number) => `code ${n}`;

test('after the burst, an address gets misses back at the rate', () => {
  const misses = new Misses(60);
  for (let i = 0; i < 60; i++) {
    expect(misses.usedUp('a', 0)).toBe(false);
    misses.count('a', code(i), 0);
  }
  expect(misses.usedUp('a', 0)).toBe(true);
  expect(misses.usedUp('a', 999)).toBe(true);
  expect(misses.usedUp('a', 1000)).toBe(false);
  misses.count('a', code(60), 1000);
  expect(misses.usedUp('a', 1000)).toBe(true);
});

test('addresses are counted separately', () => {
  const misses = new Misses(1);
  misses.count('a', 'x', 0);
  expect([misses.usedUp('a', 0), misses.usedUp('b', 0)]).toEqual([true, false]);
});

test('the same code counts once per minute', () => {
  const misses = new Misses(2);
  for (let i = 0; i < 100; i++) misses.count('a', 'stale', i * 100);
  expect(misses.usedUp('a', 9999)).toBe(false);
  const rare = new Misses(0.5);
  rare.count('a', 'stale', 0);
  expect(rare.usedUp('a', 0)).toBe(true);
});

test('0 is no limit', () => {
  const misses = new Misses(0);
  for (let i = 0; i < 1000; i++) misses.count('a', code(i), 0);
  expect(misses.usedUp('a', 0)).toBe(false);
});

test('a flood of addresses does not fill the memory', () => {
  const buckets = new AddressBuckets(1);
  for (let i = 0; i < 70_000; i++) buckets.tryTake(`address ${i}`, 0);
  expect(buckets.size).toBeLessThanOrEqual(65_536);
  expect(buckets.size).toBeGreaterThan(30_000);
  expect(buckets.isEmpty('address 69999', 0)).toBe(true);
  expect(buckets.isEmpty('address 0', 0)).toBe(false);
});

test('an active address is not deleted', () => {
  const buckets = new AddressBuckets(1);
  for (let i = 0; i < 70_000; i++) {
    buckets.tryTake('busy', 0);
    buckets.tryTake(`address ${i}`, 0);
  }
  expect(buckets.isEmpty('busy', 0)).toBe(true);
});
