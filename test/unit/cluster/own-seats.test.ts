import { expect, test } from 'vitest';
import { RemoteSeat } from '../../../src/cluster/remote/remote-seat.js';
import { CLOSE_REASONS } from '../../../src/protocol/close-codes.js';
import type { SavedRoom } from '../../../src/rooms/saved-room.js';
import { hashSecret } from '../../../src/rooms/secret.js';
import { OwnSeats } from '../../../src/server/cluster/moves/own-seats.js';
import { TestHost, TestPlayer, text } from '../../support/peers.js';
import { CODE, join, openRoom, seatOf, TestRooms } from '../../support/rooms.js';

const KEY = hashSecret('the key of one player');

/** A room that has moved to the relay of a player, who was in it before. */
function moved() {
  const host = new TestHost();
  const room = openRoom(host, { reconnectWindow: 60 });
  const before = new TestPlayer();
  join(room, before, KEY).leave(before, false);
  const player = new TestPlayer();
  const wants = { code: CODE, epoch: 1, role: 'player', at: 0, request: { key: KEY } } as const;
  const seat = new RemoteSeat(player, wants, { decided() {}, closed() {} });
  // What the client says to the old home is lost.
  seat.connect({ from() {}, measured() {}, disconnected() {} }, 1, () => {});
  const follow = (): void => new OwnSeats(() => room).follow([seat], 2);
  return { follow, host, player, room };
}

test('a client follows its room to its own relay while the host is disconnected', () => {
  const { follow, host, player, room } = moved();
  room.hostGone(host, false);
  follow();
  room.send('everybody', text('welcome'));
  expect(player.takeCalls()).toEqual([{ text: 'welcome' }]);
});

test('a client that comes when the host is there reconnects: the host would not be asked about it', () => {
  const { follow, player } = moved();
  follow();
  expect(player.takeCalls()).toEqual([CLOSE_REASONS.restarting]);
});

test('a client that connected before the relay of a restored room started has its seat there', () => {
  const { room } = moved();
  const restored = new TestRooms().restore(room.saved as SavedRoom);
  const player = Object.assign(new TestPlayer(), {
    connected: { earliest: -60_000, latest: -60_000 },
  });
  expect(seatOf(restored.join(player, { key: KEY })).id).toBe(1);
});
