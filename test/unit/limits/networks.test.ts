import { expect, test } from 'vitest';
import { AddressBuckets } from '../../../src/limits/address-buckets.js';
import { Misses } from '../../../src/limits/misses.js';
import { NetworkCounts } from '../../../src/limits/network-counts.js';
import { networksOf } from '../../../src/limits/networks.js';

/** The nth /64 of a /48. */
function address(n: number): string {
  return `2001:db8:5:${n.toString(16)}::/64`;
}

test('an IPv4 address is counted alone, an IPv6 address also in its /56 and /48', () => {
  expect(networksOf('192.0.2.1')).toEqual([{ name: '192.0.2.1', share: 1 }]);
  expect(networksOf('::1')).toEqual([{ name: '::1', share: 1 }]);
  expect(networksOf('2001:db8:5:12ff::/64')).toEqual([
    { name: '2001:db8:5:12ff::/64', share: 1 },
    { name: '2001:db8:5:1200::/56', share: 2 },
    { name: '2001:db8:5:0::/48', share: 4 },
  ]);
});

test('counts are limited per network', () => {
  const counts = new NetworkCounts();
  const fill = (addresses: number[]): number => {
    let added = 0;
    for (const n of addresses) {
      while (!counts.reaches(3, address(n))) {
        counts.add(address(n));
        added++;
      }
    }
    return added;
  };
  expect(fill([0])).toBe(3);
  expect(fill([1, 2, 3])).toBe(3);
  expect(fill([0x100, 0x200, 0x300, 0xffff])).toBe(6);
  expect(counts.exceeds(3, address(0))).toBe(false);
  expect(counts.exceeds(2, address(0))).toBe(true);
  expect(counts.reaches(3, '2001:db8:6:0::/64')).toBe(false);
});

test('counts of 0 are not stored', () => {
  const counts = new NetworkCounts();
  for (let n = 0; n < 1000; n++) counts.add(address(n));
  for (let n = 0; n < 1000; n++) counts.remove(address(n));
  expect(counts.size).toBe(0);
});

test('rates are limited per network, and a refusal takes no tokens', () => {
  const buckets = new AddressBuckets(6);
  const take = (from: number, to: number): number => {
    let taken = 0;
    for (let n = from; n < to; n++) while (buckets.tryTake(address(n), 0)) taken++;
    return taken;
  };
  expect(take(0, 1)).toBe(6);
  expect(take(1, 0x100)).toBe(6);
  expect(take(0x100, 0x10000)).toBe(12);
  const { size } = buckets;
  expect(take(0, 0x10000)).toBe(0);
  expect(buckets.size).toBe(size);
  expect(buckets.tryTake('192.0.2.1', 0)).toBe(true);
});

test('the same old code from many phones of a network counts once for the network', () => {
  const misses = new Misses(2);
  for (let n = 1; n < 100; n++) misses.count(address(n), 'BCDF', 0);
  expect(misses.usedUp(address(0), 0)).toBe(false);
  for (let n = 1; n < 100; n++) misses.count(address(n), `B${n}`, 0);
  expect(misses.usedUp(address(0), 0)).toBe(true);
});
