import { expect, test } from 'vitest';
import { Ports } from '../../../src/launch/ports.js';

test('ports are taken in order, and none twice', () => {
  const ports = new Ports();
  const range = { first: 5, last: 7 };
  expect([1, 2, 3, 4].map(() => ports.take(range))).toEqual([5, 6, 7, undefined]);
  ports.free(6);
  expect(ports.take(range)).toBe(6);
});

test('a port that was freed is taken again only after all others', () => {
  const ports = new Ports();
  const range = { first: 5, last: 7 };
  const taken = [1, 2, 3, 4].map(() => {
    const port = ports.take(range);
    if (port !== undefined) ports.free(port);
    return port;
  });
  expect(taken).toEqual([5, 6, 7, 5]);
});

test('ranges that overlap share their ports', () => {
  const ports = new Ports();
  expect(ports.take({ first: 5, last: 5 })).toBe(5);
  expect(ports.take({ first: 4, last: 6 })).toBe(4);
  expect(ports.take({ first: 4, last: 6 })).toBe(6);
  expect(ports.take({ first: 4, last: 6 })).toBeUndefined();
});
