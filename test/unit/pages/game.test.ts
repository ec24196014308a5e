import { describe, expect, test } from 'vitest';
import {
  CHOOSING_TIME,
  DRAWING_TIME,
  type Game,
  newGame,
  RECONNECT_TIME,
  REVEAL_TIME,
} from '../../../src/pages/sketch/game.js';
import { mask } from '../../../src/pages/sketch/hints.js';
import { canStart, enter } from '../../../src/pages/sketch/players.js';
import { ranking } from '../../../src/pages/sketch/scoring.js';
import {
  advance,
  choose,
  finish,
  guess,
  leave,
  setDisconnected,
  start,
} from '../../../src/pages/sketch/turns.js';
import { WORDS } from '../../../src/pages/sketch/words.js';

const NOW = 1_000_000;
const first = (): number => 0;

function withPlayers(...names: string[]): Game {
  return names.reduce((game, name, index) => enter(game, index + 1, name), newGame());
}

/** Player 1 draws, and the others guess. */
function drawing(...names: string[]): Game & { readonly phase: { readonly is: 'drawing' } } {
  const game = choose(start(withPlayers(...names), 1, NOW, first), 1, 0, NOW, first);
  if (game.phase.is !== 'drawing') throw new Error(`is ${game.phase.is}`);
  return game as never;
}

/** A short summary of the turn. */
function turnOf({ phase }: Game): string {
  return 'drawer' in phase ? `${phase.is} ${phase.drawer}` : phase.is;
}

describe('who plays', () => {
  test('equal names are distinguished', () => {
    const game = withPlayers('Ada', 'Ada', 'Ada');
    expect(game.players.map(({ name }) => name)).toEqual(['Ada', 'Ada 2', 'Ada 3']);
  });

  test('a new name keeps the points', () => {
    const { game } = guess(drawing('Ada', 'Ben', 'Cleo'), 2, drawing('Ada', 'Ben').phase.word, NOW);
    const renamed = enter(game, 2, 'Benno');
    expect(renamed.players[1]).toMatchObject({ name: 'Benno', points: 100 });
  });

  test('it takes two connected players', () => {
    expect(canStart(withPlayers('Ada'))).toBe(false);
    expect(start(withPlayers('Ada'), 1, NOW).phase.is).toBe('lobby');
    const two = withPlayers('Ada', 'Ben');
    expect(canStart(two)).toBe(true);
    expect(canStart(setDisconnected(two, 2, true, NOW))).toBe(false);
  });
});

describe('turns', () => {
  test('every player draws once per round, then the podium follows', () => {
    let game = start(withPlayers('Ada', 'Ben', 'Cleo'), 2, NOW);
    const turns = new Set<string>();
    for (let now = NOW; game.phase.is !== 'podium'; now += CHOOSING_TIME) {
      if (game.phase.is === 'choosing') turns.add(`${game.round}: ${game.phase.drawer}`);
      game = advance(game, now);
    }
    expect([...turns]).toEqual(['1: 1', '1: 2', '1: 3', '2: 1', '2: 2', '2: 3']);
    expect(game.turn).toBe(6);
  });

  test('three words are offered, and not offered again', () => {
    const game = start(withPlayers('Ada', 'Ben'), 3, NOW);
    if (game.phase.is !== 'choosing') throw new Error('nobody chooses');
    const { words } = game.phase;
    expect(new Set(words).size).toBe(3);
    expect(WORDS).toEqual(expect.arrayContaining([...words]));
    const next = advance(leave(game, 1, NOW), NOW);
    expect(next.offered).toEqual(words);
  });

  test('when all words have been offered, they are offered again', () => {
    const game = { ...withPlayers('Ada', 'Ben'), offered: WORDS };
    expect(start(game, 1, NOW).phase).toMatchObject({ is: 'choosing', words: { length: 3 } });
  });

  test('only the drawer chooses, and only offered words', () => {
    const game = start(withPlayers('Ada', 'Ben'), 1, NOW);
    for (const [id, index] of [
      [2, 0],
      [1, 3],
      [1, -1],
      [1, 0.5],
    ] as const) {
      expect(choose(game, id, index, NOW)).toBe(game);
    }
    expect(choose(game, 1, 2, NOW).phase.is).toBe('drawing');
  });

  test('a drawer who does not choose draws the first word', () => {
    const game = start(withPlayers('Ada', 'Ben'), 1, NOW);
    if (game.phase.is !== 'choosing') throw new Error('nobody chooses');
    expect(advance(game, NOW + CHOOSING_TIME - 1)).toBe(game);
    const next = advance(game, NOW + CHOOSING_TIME);
    expect(next.phase).toMatchObject({ is: 'drawing', word: game.phase.words[0] });
  });

  test('a turn ends by the clock', () => {
    const game = drawing('Ada', 'Ben', 'Cleo');
    expect(advance(game, NOW + DRAWING_TIME - 1)).toBe(game);
    const over = advance(game, NOW + DRAWING_TIME);
    expect(over.phase).toMatchObject({ is: 'reveal', ending: 'time', gains: [] });
    const until = NOW + DRAWING_TIME + REVEAL_TIME;
    expect(advance(over, until - 1)).toBe(over);
    expect(turnOf(advance(over, until))).toBe('choosing 2');
  });

  test('a turn ends when the drawer leaves', () => {
    expect(leave(drawing('Ada', 'Ben', 'Cleo'), 1, NOW).phase).toMatchObject({ ending: 'drawer' });
  });

  test('the turn waits for a disconnected drawer, for a limited time', () => {
    const game = setDisconnected(drawing('Ada', 'Ben', 'Cleo'), 1, true, NOW);
    expect(advance(game, NOW + RECONNECT_TIME - 1).phase.is).toBe('drawing');
    const back = setDisconnected(game, 1, false, NOW + 1);
    expect(advance(back, NOW + RECONNECT_TIME).phase.is).toBe('drawing');
    expect(advance(game, NOW + RECONNECT_TIME).phase).toMatchObject({
      is: 'reveal',
      ending: 'drawer',
    });
  });

  test('a disconnected player who has to choose is skipped', () => {
    const game = start(withPlayers('Ada', 'Ben', 'Cleo'), 1, NOW);
    expect(turnOf(leave(game, 1, NOW))).toBe('choosing 2');
    const away = setDisconnected(game, 1, true, NOW - RECONNECT_TIME);
    expect(turnOf(advance(away, NOW))).toBe('choosing 2');
  });

  test('a disconnected player has the turn later in the round', () => {
    let game = setDisconnected(withPlayers('Ada', 'Ben', 'Cleo'), 1, true, NOW);
    game = start(game, 1, NOW);
    expect(turnOf(game)).toBe('choosing 2');
    game = setDisconnected(game, 1, false, NOW);
    game = advance(leave(game, 2, NOW), NOW);
    expect(turnOf(game)).toBe('choosing 1');
  });

  test('a late joiner guesses at once, and draws in the same round', () => {
    let game: Game = enter(drawing('Ada', 'Ben'), 3, 'Cleo');
    expect(guess(game, 3, 'nothing', NOW).verdict).toBe('wrong');
    const drawers = new Set<number>();
    for (let now = NOW; game.phase.is !== 'podium'; now += CHOOSING_TIME) {
      if (game.phase.is === 'choosing') drawers.add(game.phase.drawer);
      game = advance(game, now);
    }
    expect([...drawers]).toEqual([2, 3]);
  });

  test('with too few players, everybody waits after the turn', () => {
    const alone = leave(drawing('Ada', 'Ben'), 2, NOW);
    const waiting = advance(alone, NOW + DRAWING_TIME);
    expect(advance(waiting, NOW + 10 * DRAWING_TIME).phase.is).toBe('reveal');
    const two = enter(waiting, 3, 'Cleo');
    expect(turnOf(advance(two, NOW + 10 * DRAWING_TIME))).toBe('choosing 3');
  });

  test('a game without players does not fail', () => {
    let game = leave(leave(start(withPlayers('Ada', 'Ben'), 1, NOW), 1, NOW), 2, NOW);
    for (let now = NOW; now < NOW + 1_000_000; now += CHOOSING_TIME) game = advance(game, now);
    expect(game.players).toEqual([]);
  });

  test('the podium can be shown at any time, and left again', () => {
    const game = finish(guess(drawing('Ada', 'Ben', 'Cleo'), 2, 'x', NOW).game, NOW);
    expect(game.phase.is).toBe('podium');
    const again = start(game, 1, NOW);
    expect(again.phase.is).toBe('choosing');
    expect(again.players.every(({ points }) => points === 0)).toBe(true);
  });
});

describe('guesses and points', () => {
  test('early guesses are worth more, and the drawer gets a share', () => {
    let game: Game = drawing('Ada', 'Ben', 'Cleo', 'Dan');
    const { word } = drawing('Ada', 'Ben').phase;
    for (const [id, now] of [
      [2, NOW],
      [3, NOW + DRAWING_TIME / 2],
      [4, NOW + DRAWING_TIME],
    ] as const) {
      const result = guess(game, id, word, now);
      expect(result.verdict).toBe('right');
      game = result.game;
    }
    expect(game.players.map(({ points }) => points)).toEqual([90, 100, 75, 50]);
    expect(game.phase).toMatchObject({
      is: 'reveal',
      gains: [
        { id: 2, points: 100 },
        { id: 3, points: 75 },
        { id: 4, points: 50 },
        { id: 1, points: 90 },
      ],
    });
  });

  test('the turn ends when all connected players have guessed', () => {
    const game = setDisconnected(drawing('Ada', 'Ben', 'Cleo'), 3, true, NOW);
    const { word } = drawing('Ada', 'Ben').phase;
    expect(guess(game, 2, word, NOW).game.phase).toMatchObject({ ending: 'everybody' });
  });

  test('the turn ends when the last player who has not guessed leaves', () => {
    const { word } = drawing('Ada', 'Ben').phase;
    const { game } = guess(drawing('Ada', 'Ben', 'Cleo'), 2, word, NOW);
    expect(game.phase.is).toBe('drawing');
    expect(leave(game, 3, NOW).phase).toMatchObject({ ending: 'everybody' });
  });

  test.each([
    ['the drawer', 1],
    ['a stranger', 9],
  ])('%s cannot guess', (_who, id) => {
    const game = drawing('Ada', 'Ben', 'Cleo');
    expect(guess(game, id, game.phase.word, NOW)).toEqual({ game, verdict: undefined });
  });

  test('nobody guesses twice, or when nothing is drawn', () => {
    const { word } = drawing('Ada', 'Ben').phase;
    const { game } = guess(drawing('Ada', 'Ben', 'Cleo'), 2, word, NOW);
    expect(guess(game, 2, word, NOW)).toEqual({ game, verdict: undefined });
    const lobby = withPlayers('Ada', 'Ben');
    expect(guess(lobby, 1, word, NOW)).toEqual({ game: lobby, verdict: undefined });
  });

  test('players with equal points have the same place', () => {
    const game = withPlayers('Ada', 'Ben', 'Cleo', 'Dan');
    const points = [50, 80, 50, 10];
    const players = game.players.map((each, index) => ({ ...each, points: points[index] ?? 0 }));
    const places = ranking({ ...game, players }).map(({ name, place }) => `${place} ${name}`);
    expect(places).toEqual(['1 Ben', '2 Ada', '2 Cleo', '4 Dan']);
  });

  test('letters are revealed over time', () => {
    const phase = { ...drawing('Ada', 'Ben').phase, word: 'ice cream', hints: [4, 0] };
    const shownAt = (share: number): string => mask(phase, NOW + share * DRAWING_TIME);
    expect(shownAt(0)).toBe('___ _____');
    expect(shownAt(0.49)).toBe('___ _____');
    expect(shownAt(0.5)).toBe('___ c____');
    expect(shownAt(0.75)).toBe('i__ c____');
    expect(shownAt(2)).toBe('i__ c____');
  });

  test('few letters of a short word are revealed', () => {
    const start3 = start(withPlayers('Ada', 'Ben'), 1, NOW);
    const game = {
      ...start3,
      phase: { ...start3.phase, words: ['ox', 'ant', 'ice cream'] },
    } as Game;
    const hints = [0, 1, 2].map((index) => choose(game, 1, index, NOW).phase);
    expect(hints.map((phase) => phase.is === 'drawing' && phase.hints.length)).toEqual([0, 1, 2]);
  });
});
