import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { judge } from '../../../src/pages/sketch/guess.js';
import { WORDS } from '../../../src/pages/sketch/words.js';

describe('a guess is judged', () => {
  test.each([
    ['ice cream', 'ice cream', 'right'],
    ['ICECREAM!', 'ice cream', 'right'],
    ["it's an Ice-Cream, no?", 'ice cream', 'right'],
    ['Crème', 'creme', 'right'],
    ['pineapple', 'apple', 'wrong'],
    ['cat', 'bat', 'wrong'],
    ['🐱', 'cat', 'wrong'],
    ['', 'cat', 'wrong'],
  ] as const)('%s for %s is %s', (said, word, verdict) => {
    expect(judge(said, word)).toBe(verdict);
  });

  test.each([
    ['aple', 'apple'],
    ['appel', 'apple'],
    ['applee', 'apple'],
    ['ellephannt', 'elephant'],
    ['elephone', 'elephant'],
    ['goat', 'boat'],
    ['a giraff', 'giraffe'],
    ['is it a big girafe?', 'giraffe'],
    ['eg', 'egg'],
    ['the eggg', 'egg'],
    ['geg', 'egg'],
  ])('%s for %s is close: a letter or two are wrong', (said, word) => {
    expect(judge(said, word)).toBe('close');
  });

  test.each([
    ['eggs', 'egg'],
    ['EGGS!', 'egg'],
    ['two eggs', 'egg'],
    ['foxes', 'fox'],
    ['wolves', 'wolf'],
    ['knives', 'knife'],
    ['cherries', 'cherry'],
    ['bow ties', 'bow tie'],
    ['ice creams', 'ice cream'],
    ['mice', 'mouse'],
    ['snowmen', 'snowman'],
    ['die', 'dice'],
    ['glass', 'glasses'],
    ['scissor', 'scissors'],
    ['grape', 'grapes'],
    ['fishing', 'fish'],
    ['skateboarders', 'skateboard'],
  ])('%s for %s is close: another form of the word', (said, word) => {
    expect(judge(said, word)).toBe('close');
  });

  test.each([
    ['an elephant', 'ant'],
    ['what is that?', 'hat'],
    ['a bed', 'bee'],
    ['rat', 'cat'],
    ['is', 'island'],
    ['bed', 'bee'],
  ])('%s for %s is not close', (said, word) => {
    expect(judge(said, word)).toBe('wrong');
  });

  test('every word is right for itself, and close in its plural', () => {
    for (const word of WORDS) {
      expect(judge(word, word)).toBe('right');
      expect(judge(`${word}s`, word)).toBe('close');
    }
  });

  test('any text has a result', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme', maxLength: 40 }), (text) => {
        expect(['right', 'close', 'wrong']).toContain(judge(text, 'volcano'));
      }),
    );
  });
});
