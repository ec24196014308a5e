import { describe, expect, test } from 'vitest';
import { ResumeToken } from '../../../src/rooms/resume-token.js';
import { parseSeatKey } from '../../../src/rooms/seat-key.js';
import { hashSecret, isSecret, parseHash } from '../../../src/rooms/secret.js';

test('a secret is known by its hash, and only that one', () => {
  const hash = hashSecret('secret');
  expect(hash).not.toContain('secret');
  expect(isSecret('secret', hash)).toBe(true);
  for (const wrong of ['', 'Secret', 'secret ', hash, 'x'.repeat(10_000), '\ud800']) {
    expect(isSecret(wrong, hash)).toBe(false);
  }
});

test('a hash that was written down is read again, and nothing else is', () => {
  const hash = hashSecret('secret');
  expect(parseHash(hash)).toBe(hash);
  for (const wrong of [`${hash}x`, hash.slice(1), `${hash}\n`, '', 43, null, undefined, [hash]]) {
    expect(parseHash(wrong)).toBeUndefined();
  }
});

describe('a seat key', () => {
  test.each(['A'.repeat(16), 'z'.repeat(64), '0123456789abc_-Z', '----------------'])(
    'may be %s',
    (key) => {
      expect(parseSeatKey(key)).toBe(hashSecret(key));
    },
  );

  test.each([
    '',
    'A'.repeat(15),
    'z'.repeat(65),
    'sixteen and more',
    `${'A'.repeat(16)}\n`,
    `\n${'A'.repeat(16)}`,
    'ÄÖÜäöüßÄÖÜäöüßÄÖ',
    '__proto__.polluted',
    'malformed',
  ])('may not be %j', (key) => {
    expect(parseSeatKey(key)).toBe('malformed');
  });

  test('need not be', () => {
    expect(parseSeatKey(null)).toBeUndefined();
  });
});

describe('a resume token', () => {
  test('is beyond guessing, of characters that need no escape, and never the same', () => {
    const texts = Array.from({ length: 1000 }, () => ResumeToken.draw().text ?? '');
    expect(new Set(texts).size).toBe(1000);
    // 6 bits each, of at least 128.
    for (const text of texts) expect(text).toMatch(/^[\w-]{22,}$/);
  });

  test('is known as a text only while a host is there, and as a hash for ever', () => {
    const token = ResumeToken.draw();
    const text = token.text ?? '';
    expect(token.hash).toBe(hashSecret(text));
    token.forget();
    expect([token.text, token.is(text), token.is(`${text}x`)]).toEqual([undefined, true, false]);
    token.known(text);
    expect(token.text).toBe(text);
    expect(new ResumeToken(token.hash).is(text)).toBe(true);
  });
});
