import { describe, expect, test } from 'vitest';
import { RemoteSeat } from '../../../src/cluster/remote/remote-seat.js';
import { CLOSE_REASONS } from '../../../src/protocol/close-codes.js';
import type { SavedRoom } from '../../../src/rooms/saved-room.js';
import { hashSecret } from '../../../src/rooms/secret.js';
import { OwnSeats } from '../../../src/server/cluster/moves/own-seats.js';
import { TestHost, TestPlayer, text } from '../../support/peers.js';
import { CODE, join, openRoom, seatOf, TestRooms } from '../../support/rooms.js';

const KEY = hashSecret('the key of one player');

/** The connection of a player that was in a room of another relay, with this number. */
function connectionOf(player: TestPlayer, connection: number): RemoteSeat {
  const wants = { code: CODE, epoch: 1, role: 'player', at: 0, request: { key: KEY } } as const;
  const seat = new RemoteSeat(player, wants, { decided() {}, closed() {} });
  // What the client says to the old home is lost.
  seat.connect({ from() {}, measured() {}, disconnected() {} }, 1, () => {});
  if (connection > 0) seat.seated(connection);
  return seat;
}

/** A room that has moved to the relay of a player, who was in it before. */
function moved(connection = 1) {
  const host = new TestHost();
  const room = openRoom(host, { reconnectWindow: 60 });
  const before = new TestPlayer();
  join(room, before, KEY).leave(before, false);
  const player = new TestPlayer();
  const seat = connectionOf(player, connection);
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

test('a client that had no seat yet when the room moved reconnects', () => {
  const { follow, host, player, room } = moved(0);
  room.hostGone(host, false);
  follow();
  expect(player.takeCalls()).toEqual([CLOSE_REASONS.restarting]);
});

describe('of two connections of a player, of which the first was replaced before the room moved,', () => {
  /** @param saved after how many connections the room was written for the last time */
  function restored(saved: number) {
    const room = openRoom(new TestHost(), { reconnectWindow: 60 });
    for (let count = 0; count < saved; count++) join(room, new TestPlayer(), KEY);
    const here = new TestRooms().restore(room.saved as SavedRoom);
    const follow = (connection: number) => {
      const player = new TestPlayer();
      const seat = connectionOf(player, connection);
      seat.disconnect(() => {});
      seat.receive(text(`of connection ${connection}`));
      new OwnSeats(() => here).follow([seat], 2);
      return player;
    };
    const heard = () => {
      const host = new TestHost();
      here.resume(host, room.resumeToken ?? '');
      return host.takeCalls().flatMap((call) => ('text' in call ? [call.text] : []));
    };
    return { follow, heard, here };
  }

  test.each([
    { order: [2, 1], saved: 1 },
    { order: [2, 1], saved: 2 },
    { order: [1, 2], saved: 1 },
  ])('the first one is closed, and its host hears only the second: %o', ({ order, saved }) => {
    const { follow, heard } = restored(saved);
    const players = new Map(order.map((connection) => [connection, follow(connection)]));
    expect(players.get(1)?.takeCalls()).toEqual([CLOSE_REASONS.replaced]);
    expect(players.get(2)?.takeCalls()).toEqual([]);
    expect(heard()).toEqual(['of connection 2']);
  });

  test('the first one is closed if the second has ended', () => {
    const { follow, heard } = restored(2);
    expect(follow(1).takeCalls()).toEqual([CLOSE_REASONS.replaced]);
    expect(heard()).toEqual([]);
  });

  test('none replaces a connection that was made since', () => {
    const { follow, heard, here } = restored(1);
    const latest = new TestPlayer();
    join(here, latest, KEY).receive(text('of the latest'), latest);
    expect(follow(2).takeCalls()).toEqual([CLOSE_REASONS.replaced]);
    expect(latest.takeCalls()).toEqual([]);
    expect(heard()).toEqual(['of the latest']);
  });
});

test('to be admitted is no new connection', () => {
  const room = openRoom(new TestHost(), { reconnectWindow: 60, features: { ask: true } });
  const seat = join(room, new TestPlayer(), KEY);
  const asked = seat.connection;
  room.admit(seat.id);
  expect([asked, seat.connection]).toEqual([1, 1]);
});
