import { expect, test } from 'vitest';
import { AwayPlayer } from '../../../src/rooms/away-player.js';
import { Hold } from '../../../src/rooms/hold.js';
import type { PlayerId } from '../../../src/rooms/ids.js';
import type { SavedRoom } from '../../../src/rooms/saved-room.js';
import { Seat } from '../../../src/rooms/seat.js';
import { TestPlayer } from '../../support/peers.js';
import { TestKeeper } from '../../support/rooms.js';

function asked(seconds: number): { hold: Hold; keeper: TestKeeper; token: string } {
  const keeper = new TestKeeper();
  const hold = Hold.ask(seconds, keeper) as Hold;
  return { hold, keeper, token: hold.token.text ?? '' };
}

const nothing = (): void => {};

test('the token is known while a host is there that knows it, too', () => {
  const { hold, token } = asked(60);
  hold.awaitHost(nothing, nothing);
  expect([hold.token.text, hold.token.is(token)]).toEqual([undefined, true]);
  hold.hostIsBack(token);
  expect(hold.token.text).toBe(token);
});

test('a host that is not back in time is given up, and one that is back is not', () => {
  const { hold, keeper, token } = asked(60);
  const givenUp: number[] = [];
  hold.awaitHost(nothing, () => givenUp.push(1));
  keeper.pass(59_999);
  hold.hostIsBack(token);
  hold.awaitHost(nothing, () => givenUp.push(2));
  keeper.pass(59_999);
  expect(givenUp).toEqual([]);
  keeper.pass(1);
  expect(givenUp).toEqual([2]);
});

test('a player who is away has somebody who keeps what comes, until nobody waits any more', () => {
  const { hold, keeper } = asked(1);
  const seat = new Seat(1 as PlayerId, new TestPlayer(), { receive() {}, leave() {}, end() {} });
  const givenUp: Seat[] = [];
  hold.awaitPlayer(seat, () => givenUp.push(seat));
  expect(seat.away).toBeInstanceOf(AwayPlayer);
  keeper.pass(1000);
  expect(givenUp).toEqual([seat]);
});

test('what is written down of it is enough to know the host again', () => {
  const { hold, keeper, token } = asked(60);
  const restored = Hold.restore(hold.saved as SavedRoom, keeper);
  expect(restored.saved).toEqual(hold.saved);
  expect([restored.token.text, restored.token.is(token)]).toEqual([undefined, true]);
});
