import { describe, expect, test } from 'vitest';
import { Admission, type AdmissionLimits } from '../../../src/limits/admission.js';
import type { Overload } from '../../../src/limits/overload.js';
import { CLOSE_REASONS } from '../../../src/protocol/close-codes.js';

const A = '192.0.2.1';
const B = '192.0.2.2';

const LIMITS: AdmissionLimits = {
  maxConnections: 5,
  connectionsPerAddress: 2,
  roomsPerMinute: 2,
  missesPerMinute: 2,
  limitLoopback: false,
  maxRooms: 100,
  heap: 8 * 1024 * 1024,
};

function made(limits: Partial<AdmissionLimits> = {}, overload?: Overload) {
  return new Admission({ ...LIMITS, ...limits }, () => overload);
}

describe('connections', () => {
  test('are limited per address, and a closed one frees its place', () => {
    const admission = made();
    admission.connected(A);
    admission.connected(A);
    expect(admission.connect(A)).toBe(CLOSE_REASONS.relayFull);
    expect(admission.connect(B)).toBeUndefined();
    admission.disconnected(A);
    expect(admission.connect(A)).toBeUndefined();
  });

  test('are limited in total', () => {
    const admission = made({ connectionsPerAddress: 0 });
    for (const address of [A, A, A, B, '::1']) admission.connected(address);
    expect(admission.connect(B)).toBe(CLOSE_REASONS.relayFull);
    expect(admission.connect('::1')).toBe(CLOSE_REASONS.relayFull);
    admission.disconnected(A);
    expect(admission.connect(B)).toBeUndefined();
  });

  test('from loopback are exempt, unless that is turned off', () => {
    for (const limitLoopback of [false, true]) {
      const admission = made({ limitLoopback });
      admission.connected('127.0.0.1');
      admission.connected('127.0.0.1');
      expect(admission.connect('127.0.0.1')).toBe(
        limitLoopback ? CLOSE_REASONS.relayFull : undefined,
      );
    }
  });
});

describe('reconnecting clients', () => {
  test('may have twice as many connections per address', () => {
    const admission = made({ maxConnections: 100 });
    for (const address of [A, A, A]) admission.connected(address);
    expect(admission.reconnect(A)).toBeUndefined();
    admission.connected(A);
    expect(admission.reconnect(A)).toBe(CLOSE_REASONS.relayFull);
    expect(admission.reconnect(B)).toBeUndefined();
  });

  test.each([
    [5, 6],
    [100, 113],
    [10_000, 10_048],
  ])('may exceed a total of %d: up to %d', (maxConnections, most) => {
    const admission = made({ maxConnections, connectionsPerAddress: 0 });
    let count = 0;
    for (; admission.reconnect(A) === undefined; count++) admission.connected(A);
    expect(count).toBe(most);
  });

  test('exceed the limit if there are more connections than new clients may open', () => {
    const admission = made();
    admission.connected(A);
    admission.connected(A);
    expect(admission.isOverLimit(A)).toBe(false);
    admission.connected(A);
    expect(admission.isOverLimit(A)).toBe(true);
    for (const address of [B, '::1']) admission.connected(address);
    expect(admission.isOverLimit(B)).toBe(false);
    admission.connected('::1');
    expect(admission.isOverLimit(B)).toBe(true);
  });
});

describe('rooms', () => {
  test('are limited per address and minute', () => {
    const admission = made();
    expect(admission.openRoom(A, 0)).toBeUndefined();
    expect(admission.openRoom(A, 0)).toBeUndefined();
    expect(admission.openRoom(A, 0)).toBe(CLOSE_REASONS.tooManyAttempts);
    expect(admission.openRoom(B, 0)).toBeUndefined();
    expect(admission.openRoom(A, 30_000)).toBeUndefined();
  });

  test('are not limited on loopback, and without a limit', () => {
    const local = made();
    const unlimited = made({ roomsPerMinute: 0 });
    for (let i = 0; i < 100; i++) {
      expect([local.openRoom('127.0.0.1', 0), unlimited.openRoom(A, 0)]).toEqual([
        undefined,
        undefined,
      ]);
    }
  });
});

describe('codes', () => {
  test('are refused, right and wrong, after too many wrong ones', () => {
    const admission = made();
    admission.missed(A, 'BBBB', 0);
    expect(admission.tryCode(A, 0)).toBeUndefined();
    admission.missed(A, 'CCCC', 0);
    expect(admission.tryCode(A, 0)).toBe(CLOSE_REASONS.tooManyAttempts);
    expect(admission.isGuessLimited(A, 0)).toBe(true);
    expect(admission.tryCode(B, 0)).toBeUndefined();
    expect(admission.tryCode(A, 30_000)).toBeUndefined();
  });

  test('are not limited on loopback', () => {
    const admission = made();
    for (let i = 0; i < 100; i++) admission.missed('127.0.0.1', `${i}`, 0);
    expect(admission.tryCode('127.0.0.1', 0)).toBeUndefined();
  });
});

test('requests for ICE servers are limited per address, except on loopback', () => {
  const admission = made();
  let given = 0;
  while (given < 1000 && admission.requestIce(A, 0)) given++;
  expect(given).toBe(256);
  expect(admission.requestIce(B, 0)).toBe(true);
  expect(admission.requestIce(A, 1000)).toBe(true);
  for (let i = 0; i < 1000; i++) expect(admission.requestIce('127.0.0.1', 0)).toBe(true);
});

test.each(['late', 'heap', 'memory'] as const)(
  'when it is too much (%s), nobody new comes in',
  (overload) => {
    const admission = made({}, overload);
    expect(admission.openRoom(A, 0)).toBe(CLOSE_REASONS.relayFull);
    expect(admission.tryCode(A, 0)).toBe(CLOSE_REASONS.relayFull);
    expect(admission.connect(A)).toBeUndefined();
  },
);
