import { describe, expect, test } from 'vitest';
import { Codes } from '../../../src/rooms/codes.js';
import type { RoomCode } from '../../../src/rooms/ids.js';
import { CODE_SPACE } from '../../../src/rooms/room-code.js';

const code = (text: string) => text as RoomCode;

test('a code stays reserved for the given time after its last room has ended', () => {
  const codes = new Codes(1000);
  expect(codes.isReserved(code('BCDF'), 0)).toBe(false);
  codes.reserve(code('BCDF'), 0);
  expect([0, 999, 1000].map((now) => codes.isReserved(code('BCDF'), now))).toEqual([
    true,
    true,
    false,
  ]);
  codes.reserve(code('GHJK'), 500);
  codes.reserve(code('BCDF'), 800);
  expect(codes.isReserved(code('BCDF'), 1799)).toBe(true);
  expect(codes.isReserved(code('GHJK'), 1500)).toBe(false);
});

test('with a time of 0, no code is reserved', () => {
  const codes = new Codes(0);
  codes.reserve(code('BCDF'), 0);
  expect(codes.isReserved(code('BCDF'), 0)).toBe(false);
});

test('at most a quarter of all codes is reserved; the earliest are freed first', () => {
  const codes = new Codes(1000);
  const most = CODE_SPACE / 4;
  for (let i = 0; i <= most; i++) codes.reserve(code(`${i}`), 0);
  expect([0, 1, most].map((i) => codes.isReserved(code(`${i}`), 0))).toEqual([false, true, true]);
});

describe('a host that chooses its code', () => {
  const reservedNames = new Set(['READ']);
  const none = new Set<RoomCode>();

  test('gets it in capitals, if codes can be chosen', () => {
    const codes = new Codes(1000, { customCodes: true, reservedNames });
    expect(codes.choose('funX', none, 0)).toBe('FUNX');
    expect(new Codes(1000, { reservedNames }).choose('FUNX', none, 0)).toBeUndefined();
  });

  test('does not get one that is taken or reserved', () => {
    const codes = new Codes(1000, { customCodes: true, reservedNames });
    codes.reserve(code('FUNX'), 0);
    expect(codes.choose('FUNX', none, 999)).toBeUndefined();
    expect(codes.choose('FUNX', none, 1000)).toBe('FUNX');
    expect(codes.choose('FUNX', new Set([code('FUNX')]), 1000)).toBeUndefined();
  });

  test.each(['', 'FUN', 'FUNXY', 'FUN1', 'FÜNX', 'F NX', 'read', 'ſunx'])(
    'does not get %j',
    (chosen) => {
      const codes = new Codes(1000, { customCodes: true, reservedNames });
      expect(codes.choose(chosen, none, 0)).toBeUndefined();
    },
  );

  test("has to choose one of the relay's length", () => {
    const codes = new Codes(1000, { customCodes: true, codeLength: 6 });
    expect(['FUNX', 'FUNGUS', 'CREATE'].map((chosen) => codes.choose(chosen, none, 0))).toEqual([
      undefined,
      'FUNGUS',
      undefined,
    ]);
    expect(codes.draw(none, 0)).toMatch(/^[^AEIOUY]{6}$/);
  });
});
