import { expect, test } from 'vitest';
import { readCode } from '../../../src/pages/room-code.js';

test.each([
  'BCDF',
  'bcdf',
  '  bc df\n',
  'B C D F',
  'B-C-D-F',
  'BC\u2010DF',
  'BC\u2013DF',
  'ＢＣＤＦ',
  'ｂｃ　ｄｆ',
  '\u200bBC\u00adDF\ufeff',
  '\u202aBCDF\u202c',
])('%j is the code BCDF', (typed) => {
  expect(readCode(typed)).toBe('BCDF');
});

test.each([
  '',
  'create',
  'BCD',
  'BCDFGHJKL',
  'BCD1',
  'ВСDF',
  'BCD\u0307F',
  'BC/DF',
  'https://relay.example/BCDF',
  '%42CDF',
  'n0 code',
])('%j is no code', (typed) => {
  expect(readCode(typed)).toBeUndefined();
});
