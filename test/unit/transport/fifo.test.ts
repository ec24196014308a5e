import { expect, test } from 'vitest';
import { Fifo } from '../../../src/transport/fifo.js';

test('items are taken in the order in which they were added', () => {
  const [fifo, array] = [new Fifo<number>(), [] as number[]];
  for (let item = 0; item < 1000; item++) {
    fifo.push(item);
    array.push(item);
    for (let taken = 0; taken < (item * 7) % 3; taken++) {
      expect(fifo.shift()).toBe(array.shift());
      expect(fifo.length).toBe(array.length);
    }
  }
  while (array.length > 0) expect(fifo.shift()).toBe(array.shift());
  expect([fifo.length, fifo.shift(), fifo.length]).toEqual([0, undefined, 0]);
});

test('the oldest item can be seen before it is taken', () => {
  const fifo = new Fifo<number>();
  for (const item of [1, 2, 3]) fifo.push(item);
  expect([fifo.peek(), fifo.shift(), fifo.peek(), fifo.length]).toEqual([1, 1, 2, 2]);
});

test('taking an item from a long list is fast', () => {
  const fifo = new Fifo<number>();
  const length = 200_000;
  for (let item = 0; item < length; item++) fifo.push(item);
  const start = performance.now();
  while (fifo.length > 0) fifo.shift();
  // In milliseconds per item. It takes a hundredth of that; `shift` of an array takes ten times as much.
  expect((performance.now() - start) / length).toBeLessThan(0.003);
});
