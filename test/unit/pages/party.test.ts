import { expect, test } from 'vitest';
import type { Player, Room } from '../../../src/client/index.js';
import { Party } from '../../../src/pages/sketch/screen/party.js';

/** A party whose phones are the test. */
function openParty() {
  type Listener = (player: Player) => void;
  const listeners = new Map<string, Listener>();
  const room = {
    players: [],
    audience: 0,
    time: () => 0,
    shareState: (value: object) => ({ value, set: () => {} }),
    on: (name: string, listener: Listener) => {
      listeners.set(name, listener);
    },
  };
  const events = { changed: () => {}, inked: () => {}, guessed: () => {} };
  const party = new Party(room as unknown as Room, undefined, events);
  const say = (event: 'join' | 'about', id: number, about: unknown): void =>
    listeners.get(event)?.({ id, about } as Player);
  const names = () => party.game.players.map(({ name }) => name);
  return { say, names };
}

test('a player can take a shorter name', () => {
  const { say, names } = openParty();
  say('join', 1, { name: 'Adam' });
  say('about', 1, { name: 'Ada' });
  expect(names()).toEqual(['Ada']);
});

test('players with equal names keep their numbers when the page is reloaded', () => {
  const { say, names } = openParty();
  for (let round = 0; round < 2; round++) {
    for (const id of [1, 2, 3]) say('join', id, { name: 'Ada' });
    expect(names()).toEqual(['Ada', 'Ada 2', 'Ada 3']);
  }
});

test.each([[undefined], [null], ['Ada'], [{ name: 7 }], [{ name: '\u200b' }]])(
  'a player who says only %j about itself is not in the game, until it has a name',
  (about) => {
    const { say, names } = openParty();
    say('join', 1, about);
    expect(names()).toEqual([]);
    say('about', 1, { name: 'Ada' });
    say('about', 1, about);
    expect(names()).toEqual(['Ada']);
  },
);
