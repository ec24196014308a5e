import { createHash } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { connectToken, type TokenFields } from '../../../src/launch/connect-token.js';
import { hchacha20, seal } from '../../../src/launch/xchacha20-poly1305.js';
import { openToken } from '../../support/connect-token.js';

const hex = (text: string): Buffer => Buffer.from(text.replaceAll(/\s/g, ''), 'hex');
const count = (from: number, length: number): Buffer =>
  Buffer.from(Array.from({ length }, (_, n) => from + n));

describe('the vectors of draft-irtf-cfrg-xchacha-03', () => {
  test('HChaCha20 (section 2.2.1)', () => {
    const derived = hchacha20(count(0, 32), hex('000000090000004a0000000031415927'));
    expect(derived.toString('hex')).toBe(
      '82413b4227b27bfed30e42508a877d73a0f9e4d58a74a853c12ec41326d3ecdc',
    );
  });

  test('XChaCha20-Poly1305 (appendix A.3.1)', () => {
    const text =
      "Ladies and Gentlemen of the class of '99: If I could offer you only one tip for the future, " +
      'sunscreen would be it.';
    const associated = hex('50515253c0c1c2c3c4c5c6c7');
    const sealed = seal(count(0x80, 32), count(0x40, 24), Buffer.from(text), associated);
    expect(sealed.toString('hex')).toBe(
      'bd6d179d3e83d43b9576579493c0e939572a1700252bfaccbed2902c21396cbb' +
        '731c7f1b0b4aa6440bf3a82f4eda7e39ae64c6708c54c216cb96b72e1213b452' +
        '2f8c9ba40db5d945b11b69b982c1bb9e3f3fac2bc369488f76b2383565d3fff9' +
        '21f9664c97637da9768812f615c68b13b52e' +
        'c0875924c1c7987947deafd8780acf49',
    );
  });
});

const KEY = Buffer.from([1, 2, 3, 4, 5, 6, 7, 8, 9, ...new Array(22).fill(0), 1]);

const FIELDS: TokenFields = {
  protocolId: 80085n,
  clientId: 1n,
  created: 1_700_000_000,
  expires: 1_700_000_030,
  timeout: 15,
  server: { ip: '203.0.113.7', port: 30004 },
};

const SECRETS = {
  nonce: Buffer.alloc(24, 0x24),
  clientToServer: Buffer.alloc(32, 0xc2),
  serverToClient: Buffer.alloc(32, 0x2c),
};

describe('a connect token', () => {
  test.each([
    ['little', 'de63c5b4def11ba4e967c4819494ed20d165816aeb12ff574651c3a0d01d5255'],
    ['big', 'abd7713ad2150bc918fe300549e4305b11eb2f79bc3ca6830ba1353c91626f49'],
  ] as const)('has the expected bytes, %s-endian (3)', (order, digest) => {
    const token = connectToken(FIELDS, KEY, order, SECRETS);
    expect(token.length).toBe(2048);
    expect(createHash('sha256').update(token).digest('hex')).toBe(digest);
  });

  test('has the tag after its private part (3)', () => {
    const token = connectToken(FIELDS, KEY, 'little', SECRETS);
    expect(token.subarray(1069, 1085).toString('hex')).toBe('0e71f25fcbde13bf4e68fc44ad0d0278');
  });

  test('can be decrypted with its key, and with no other', () => {
    const token = connectToken(FIELDS, KEY, 'little');
    expect(openToken(token, KEY)).toEqual({
      protocolId: 80085n,
      created: 1_700_000_000n,
      expires: 1_700_000_030n,
      clientId: 1n,
      timeout: 15,
      server: '203.0.113.7:30004',
    });
    expect(() => openToken(token, Buffer.alloc(32))).toThrow();
  });

  test('has the full range of 64 bits for numbers', () => {
    const max = 2n ** 64n - 1n;
    const fields = { ...FIELDS, protocolId: max, clientId: max, timeout: -1 };
    const opened = openToken(connectToken(fields, KEY, 'little'), KEY);
    expect(opened).toMatchObject({ protocolId: max, clientId: max, timeout: -1 });
  });

  test('is different each time', () => {
    const [one, other] = [connectToken(FIELDS, KEY, 'big'), connectToken(FIELDS, KEY, 'big')];
    expect(one.subarray(37, 61).equals(other.subarray(37, 61))).toBe(false);
    expect(one.subarray(1100, 1164).equals(other.subarray(1100, 1164))).toBe(false);
  });

  test('can have the address of an IPv6 server', () => {
    const fields = { ...FIELDS, server: { ip: '2001:db8::7', port: 1 } };
    const token = connectToken(fields, KEY, 'big', SECRETS);
    expect(token.subarray(1089, 1112).toString('hex')).toBe(
      `00000001 02 20010db8000000000000000000000007 0001`.replaceAll(' ', ''),
    );
  });
});
