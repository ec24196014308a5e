import { expect, test } from 'vitest';
import { Slots } from '../../../src/limits/slots.js';

const isExempt = (address: string): boolean => address === '::1';

function takeAll(slots: Slots, address: string): number {
  let taken = 0;
  while (taken < 1000 && slots.take(address)) taken++;
  return taken;
}

test('slots are limited per address and per network', () => {
  const slots = new Slots({ perAddress: 10, perNetwork: 15, isExempt });
  expect(takeAll(slots, '192.0.2.1')).toBe(10);
  expect(takeAll(slots, '2001:db8:1:1::/64')).toBe(10);
  expect(takeAll(slots, '2001:db8:1:2::/64')).toBe(5);
  expect(takeAll(slots, '2001:db8:1:ff00::/64')).toBe(0);
  slots.free('2001:db8:1:1::/64');
  expect(takeAll(slots, '2001:db8:1:ff00::/64')).toBe(1);
  expect(takeAll(slots, '::1')).toBe(1000);
  expect(slots.used).toBe(10 + 15 + 1000);
  expect(slots.refused).toBe(5);
});

test('slots are limited in total, also for exempt addresses', () => {
  const slots = new Slots({ perAddress: 0, perNetwork: 1, total: 20, isExempt });
  expect(takeAll(slots, '192.0.2.1')).toBe(20);
  expect(takeAll(slots, '::1')).toBe(0);
});

test('the limit of a network does not reduce the limit of an address', () => {
  const slots = new Slots({ perAddress: 10, perNetwork: 1, isExempt });
  expect(takeAll(slots, '2001:db8:1:1::/64')).toBe(10);
  expect(takeAll(slots, '2001:db8:1:2::/64')).toBe(0);
});

test('slots of different sizes are used up to the limits, and are freed', () => {
  const slots = new Slots({ perAddress: 100, perNetwork: 150, total: 200, isExempt });
  expect(slots.take('192.0.2.1', 60)).toBe(true);
  expect(slots.take('192.0.2.1', 41)).toBe(false);
  expect(slots.take('192.0.2.1', 40)).toBe(true);
  expect(slots.take('2001:db8:1:1::/64', 90)).toBe(true);
  expect(slots.take('2001:db8:1:2::/64', 61)).toBe(false);
  expect(slots.take('::1', 11)).toBe(false);
  slots.free('192.0.2.1', 60);
  expect(slots.take('2001:db8:1:2::/64', 60)).toBe(true);
  expect(slots.take('2001:db8:1:3::/64', 1)).toBe(false);
  expect(slots.used).toBe(40 + 90 + 60);
});
