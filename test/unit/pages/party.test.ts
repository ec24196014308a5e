import { expect, test } from 'vitest';
import type { Player, Room } from '../../../src/client/index.js';
import { Party } from '../../../src/pages/sketch/screen/party.js';
import { encode } from '../../../src/pages/sketch/wire.js';

/** A party whose phones are the test. */
function openParty() {
  type Listener = (player: Player, data: string) => void;
  let receive: Listener = () => {};
  const room = {
    players: [],
    on: (name: string, listener: Listener) => {
      if (name === 'message') receive = listener;
    },
  };
  const events = { changed: () => {}, inked: () => {}, guessed: () => {} };
  const party = new Party(room as unknown as Room, undefined, events);
  const hello = (id: number, name: string): void =>
    receive({ id } as Player, encode({ is: 'hello', name }));
  const names = () => party.game.players.map(({ name }) => name);
  return { hello, names };
}

test('a player can take a shorter name', () => {
  const { hello, names } = openParty();
  hello(1, 'Adam');
  hello(1, 'Ada');
  expect(names()).toEqual(['Ada']);
});

test('players with equal names keep their numbers when they rejoin', () => {
  const { hello, names } = openParty();
  for (let round = 0; round < 2; round++) {
    for (const id of [1, 2, 3]) hello(id, 'Ada');
    expect(names()).toEqual(['Ada', 'Ada 2', 'Ada 3']);
  }
});
