import { expect, test } from 'vitest';
import { ReconnectWindow } from '../../../src/rooms/reconnect-window.js';
import type { SavedRoom } from '../../../src/rooms/saved-room.js';
import { TestHost } from '../../support/peers.js';
import { TestRooms } from '../../support/rooms.js';

function requested(seconds: number): { window: ReconnectWindow; rooms: TestRooms; token: string } {
  const rooms = new TestRooms();
  const window = ReconnectWindow.request(seconds, rooms) as ReconnectWindow;
  return { window, rooms, token: window.token.text ?? '' };
}

const nothing = (): void => {};

test('the token is in memory only while the host is connected', () => {
  const { window, token } = requested(60);
  window.awaitHost(new TestHost(), nothing, nothing);
  expect([window.token.text, window.token.is(token)]).toEqual([undefined, true]);
  window.hostResumed(token);
  expect(window.token.text).toBe(token);
});

test('onTimeout is called for a host that does not resume in time', () => {
  const { window, rooms, token } = requested(60);
  const givenUp: number[] = [];
  window.awaitHost(undefined, nothing, () => givenUp.push(1));
  rooms.pass(59_999);
  window.hostResumed(token);
  window.awaitHost(undefined, nothing, () => givenUp.push(2));
  rooms.pass(59_999);
  expect(givenUp).toEqual([]);
  rooms.pass(1);
  expect(givenUp).toEqual([2]);
});

test('onTimeout is called for a player who does not reconnect in time', () => {
  const { window, rooms } = requested(1);
  const givenUp: number[] = [];
  window.awaitPlayer(() => givenUp.push(1))?.stopTimer();
  window.awaitPlayer(() => givenUp.push(2));
  rooms.pass(1000);
  expect(givenUp).toEqual([2]);
});

test("the saved state recognizes the host's token", () => {
  const { window, rooms, token } = requested(60);
  const restored = ReconnectWindow.restore(window.saved as SavedRoom, rooms);
  expect(restored.saved).toEqual(window.saved);
  expect([restored.token.text, restored.token.is(token)]).toEqual([undefined, true]);
});
