import { expect, test } from 'vitest';
import { RoomIndex } from '../../../src/workers/primary/room-index.js';

test('finds and counts rooms by place', () => {
  const index = new RoomIndex<string>();
  index.add('BCDF', 'one');
  index.add('GHJK', 'two');
  index.add('GHJK', 'two');
  expect([index.find('BCDF'), index.find('GHJK'), index.find('ZZZZ')]).toEqual([
    'one',
    'two',
    undefined,
  ]);
  expect([index.size, index.countAt('one'), index.countAt('two')]).toEqual([2, 1, 1]);
  expect(index.codesElsewhere('one')).toEqual(['GHJK']);
  expect(index.remove('GHJK', 'one')).toBe(false);
  expect(index.size).toBe(2);
  expect(index.remove('GHJK', 'two')).toBe(true);
  expect([index.size, index.countAt('two')]).toEqual([1, 0]);
});

test('rooms of a place that has failed are found until it says which ones it has', () => {
  const index = new RoomIndex<string>();
  for (const code of ['BBBB', 'CCCC', 'DDDD']) index.add(code, 'one');
  index.add('ZZZZ', 'two');
  index.lost('one');
  expect(index.find('BBBB')).toBe('one');
  index.add('CCCC', 'one');
  index.remove('DDDD', 'one');
  expect(index.restored('one').toSorted()).toEqual(['BBBB', 'DDDD']);
  expect([index.find('BBBB'), index.find('CCCC'), index.size]).toEqual([undefined, 'one', 2]);
  expect(index.countAt('one')).toBe(1);
});
