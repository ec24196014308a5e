import { describe, expect, test } from 'vitest';
import { ResumeToken } from '../../../src/rooms/resume-token.js';
import { parseSeatKey } from '../../../src/rooms/seat-key.js';
import { hashSecret, isSecret, parseHash } from '../../../src/rooms/secret.js';

test('a secret matches its own hash only', () => {
  const hash = hashSecret('secret');
  expect(hash).not.toContain('secret');
  expect(isSecret('secret', hash)).toBe(true);
  for (const wrong of ['', 'Secret', 'secret ', hash, 'x'.repeat(10_000), '\ud800']) {
    expect(isSecret(wrong, hash)).toBe(false);
  }
});

test('a written hash is read again, and other text is refused', () => {
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

  test('is optional', () => {
    expect(parseSeatKey(null)).toBeUndefined();
  });
});

describe('a resume token', () => {
  test('is long, random, and needs no escaping in a URL', () => {
    const texts = Array.from({ length: 1000 }, () => ResumeToken.draw().text ?? '');
    expect(new Set(texts).size).toBe(1000);
    // 6 bits each, of at least 128.
    for (const text of texts) expect(text).toMatch(/^[\w-]{22,}$/);
  });

  test('is in memory only while the host is connected; its hash stays', () => {
    const token = ResumeToken.draw();
    const text = token.text ?? '';
    expect(token.hash).toBe(hashSecret(text));
    token.forget();
    expect([token.text, token.is(text), token.is(`${text}x`)]).toEqual([undefined, true, false]);
    token.remember(text);
    expect(token.text).toBe(text);
    expect(new ResumeToken(token.hash).is(text)).toBe(true);
  });
});
