import { expect, test, vi } from 'vitest';
import type { RoomCode } from '../../../src/rooms/ids.js';
import { Rooms } from '../../../src/rooms/rooms.js';
import * as secret from '../../../src/rooms/secret.js';
import { TestHost } from '../../support/peers.js';
import { LIMITS, openRoom } from '../../support/rooms.js';

vi.mock('../../../src/rooms/secret.js', { spy: true });

test('checking a token takes the same work for a room, a room without a window, and no room', () => {
  const rooms = new Rooms({ ...LIMITS, maxHold: 60 });
  const open = (hold: number): RoomCode | undefined => {
    return openRoom(new TestHost(), { reconnectWindow: hold }, rooms).identity.code;
  };
  const codes = [open(60), open(0), 'QQQQ' as RoomCode, undefined];
  const compared = (code: RoomCode | undefined, token: string): number => {
    vi.mocked(secret.isSecret).mockClear();
    expect(rooms.mayResume(code && rooms.find(code), token)).toBe(false);
    return vi.mocked(secret.isSecret).mock.calls.length;
  };
  expect(codes.map((code) => compared(code, 'x'.repeat(24)))).toEqual([1, 1, 1, 1]);
  // Tokens that are too long are not hashed, because hashing takes longer the longer they are.
  for (const length of [0, 23, 25, 7000]) {
    expect(codes.map((code) => compared(code, 'x'.repeat(length)))).toEqual([0, 0, 0, 0]);
  }
});
