import { describe, expect, test } from 'vitest';
import { Admission, type AdmissionLimits } from '../../../src/guard/admission.js';
import type { Overload } from '../../../src/guard/overload.js';
import { CLOSINGS } from '../../../src/protocol/close-codes.js';

const A = '192.0.2.1';
const B = '192.0.2.2';

const LIMITS: AdmissionLimits = {
  maxConnections: 5,
  connectionsPerAddress: 2,
  roomsPerMinute: 2,
  missesPerMinute: 2,
  limitLoopback: false,
};

function made(limits: Partial<AdmissionLimits> = {}, overload?: Overload) {
  return new Admission({ ...LIMITS, ...limits }, () => overload);
}

describe('connections', () => {
  test('have a bound per address, and one that leaves makes room', () => {
    const admission = made();
    admission.connected(A);
    admission.connected(A);
    expect(admission.connect(A)).toBe(CLOSINGS.relayFull);
    expect(admission.connect(B)).toBeUndefined();
    admission.disconnected(A);
    expect(admission.connect(A)).toBeUndefined();
  });

  test('have a bound in all', () => {
    const admission = made({ connectionsPerAddress: 0 });
    for (const address of [A, A, A, B, '::1']) admission.connected(address);
    expect(admission.connect(B)).toBe(CLOSINGS.relayFull);
    expect(admission.connect('::1')).toBe(CLOSINGS.relayFull);
    admission.disconnected(A);
    expect(admission.connect(B)).toBeUndefined();
  });

  test('of this machine have no bound of their own, unless that is asked for', () => {
    for (const limitLoopback of [false, true]) {
      const admission = made({ limitLoopback });
      admission.connected('127.0.0.1');
      admission.connected('127.0.0.1');
      expect(admission.connect('127.0.0.1')).toBe(limitLoopback ? CLOSINGS.relayFull : undefined);
    }
  });
});

describe('who comes back to a place', () => {
  test('may be of an address that has twice as many', () => {
    const admission = made({ maxConnections: 100 });
    for (const address of [A, A, A]) admission.connected(address);
    expect(admission.comeBack(A)).toBeUndefined();
    admission.connected(A);
    expect(admission.comeBack(A)).toBe(CLOSINGS.relayFull);
    expect(admission.comeBack(B)).toBeUndefined();
  });

  test.each([
    [5, 6],
    [100, 113],
    [10_000, 10_048],
  ])('may be some more than %d in all: up to %d', (maxConnections, most) => {
    const admission = made({ maxConnections, connectionsPerAddress: 0 });
    let count = 0;
    for (; admission.comeBack(A) === undefined; count++) admission.connected(A);
    expect(count).toBe(most);
  });

  test('is one too many where there are more than may come anew', () => {
    const admission = made();
    admission.connected(A);
    admission.connected(A);
    expect(admission.isOver(A)).toBe(false);
    admission.connected(A);
    expect(admission.isOver(A)).toBe(true);
    for (const address of [B, '::1']) admission.connected(address);
    expect(admission.isOver(B)).toBe(false);
    admission.connected('::1');
    expect(admission.isOver(B)).toBe(true);
  });
});

describe('rooms', () => {
  test('are opened at a rate per address', () => {
    const admission = made();
    expect(admission.openRoom(A, 0)).toBeUndefined();
    expect(admission.openRoom(A, 0)).toBeUndefined();
    expect(admission.openRoom(A, 0)).toBe(CLOSINGS.tooManyAttempts);
    expect(admission.openRoom(B, 0)).toBeUndefined();
    expect(admission.openRoom(A, 30_000)).toBeUndefined();
  });

  test('are opened without end from this machine, and where the limit is off', () => {
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
  test('cannot be guessed on and on: then right and wrong ones alike are refused', () => {
    const admission = made();
    admission.missed(A, 'BBBB', 0);
    expect(admission.tryCode(A, 0)).toBeUndefined();
    admission.missed(A, 'CCCC', 0);
    expect(admission.tryCode(A, 0)).toBe(CLOSINGS.tooManyAttempts);
    expect(admission.mayNotGuess(A, 0)).toBe(true);
    expect(admission.tryCode(B, 0)).toBeUndefined();
    expect(admission.tryCode(A, 30_000)).toBeUndefined();
  });

  test('can be mistyped on this machine', () => {
    const admission = made();
    for (let i = 0; i < 100; i++) admission.missed('127.0.0.1', `${i}`, 0);
    expect(admission.tryCode('127.0.0.1', 0)).toBeUndefined();
  });
});

test('ICE servers have a rate per address, and none on this machine', () => {
  const admission = made();
  let given = 0;
  while (given < 1000 && admission.askForIce(A, 0)) given++;
  expect(given).toBe(256);
  expect(admission.askForIce(B, 0)).toBe(true);
  expect(admission.askForIce(A, 1000)).toBe(true);
  for (let i = 0; i < 1000; i++) expect(admission.askForIce('127.0.0.1', 0)).toBe(true);
});

test.each(['late', 'heap', 'memory'] as const)(
  'when it is too much (%s), nobody new comes in',
  (overload) => {
    const admission = made({}, overload);
    expect(admission.openRoom(A, 0)).toBe(CLOSINGS.relayFull);
    expect(admission.tryCode(A, 0)).toBe(CLOSINGS.relayFull);
    expect(admission.connect(A)).toBeUndefined();
  },
);
