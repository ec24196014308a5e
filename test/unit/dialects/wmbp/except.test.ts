import { expect, test } from 'vitest';
import type { Room } from '../../../../src/rooms/room.js';
import { hashSecret } from '../../../../src/rooms/secret.js';
import { TestPlayer, text, WmbpHost } from '../../../support/peers.js';
import { seatOf, TestRooms } from '../../../support/rooms.js';

test('a message goes to all players but some, connected or not', () => {
  const rooms = new TestRooms();
  const host = new WmbpHost(rooms);
  host.command({ cmd: 'prepare', maxPlayers: 8, name: '', hold: 60 });
  const room = rooms.room as Room;
  const players = [1, 2, 3].map(() => new TestPlayer());
  const key = hashSecret('the third');
  const [, , third] = players.map((player) =>
    seatOf(room.join(player, player === players[2] ? { key } : {})),
  );
  const to = (...except: number[]) =>
    host.session.deliver({ cmd: 'sendExcept', except, payload: text(except.join()) }, 0);
  expect([to(), to(1), to(2, 2, 99), to(1, 2, 3)]).toEqual([3, 2, 2, 0]);
  third?.leave(players[2] as TestPlayer, false);
  expect([to(1, 2), to(3)]).toEqual([1, 2]);
  const back = new TestPlayer();
  room.join(back, { key });
  const received = [...players, back].map((player) => player.takeCalls());
  const texts = (...contents: string[]) => contents.map((content) => ({ text: content }));
  expect(received).toEqual([
    texts('', '2,2,99', '3'),
    texts('', '1', '3'),
    texts('', '1', '2,2,99'),
    texts('1,2'),
  ]);
  // A message to one player after it is not affected.
  room.send([1], text('only you'));
  expect(players[0]?.takeCalls()).toEqual(texts('only you'));
  expect(room.traffic.toPlayers.text).toBe(3 + 2 + 2 + 0 + 1 + 2 + 1);
});
