import { describe, expect, test } from 'vitest';
import type { Room } from '../../../src/client/index.js';
import { type Game, newGame, VOTING_TIME } from '../../../src/pages/sketch/game.js';
import { enter } from '../../../src/pages/sketch/players.js';
import { AudiencePoll } from '../../../src/pages/sketch/screen/audience-poll.js';
import { advance, finish, start } from '../../../src/pages/sketch/turns.js';
import { addDrawing, bestDrawings, countVotes, vote } from '../../../src/pages/sketch/voting.js';

const NOW = 1_000;

/** A game of Ada, Ben and Cleo, each of whom has drawn something. */
function playedGame(): Game {
  const names = ['Ada', 'Ben', 'Cleo'];
  const joined = names.reduce((game, name, index) => enter(game, index + 1, name), newGame());
  return names.reduce(
    (game, name, index) =>
      addDrawing(game, { turn: index + 1, drawer: index + 1, name, word: `word ${index + 1}` }),
    start(joined, 1, NOW),
  );
}

const counts = (game: Game) => countVotes(game).map(({ votes }) => votes);
const best = (game: Game) => bestDrawings(game).map(({ name }) => name);

describe('the vote for the best drawing', () => {
  test('follows the last turn, for a while, and counts players and viewers', () => {
    let game = finish(playedGame(), NOW);
    expect(game.phase).toEqual({ is: 'voting', until: NOW + VOTING_TIME });
    game = vote(vote(game, 1, 2), 2, 3);
    expect(counts(game)).toEqual([0, 1, 1]);
    expect(best(game)).toEqual(['Ben', 'Cleo']);
    game = vote(game, 1, 3);
    expect(best(game)).toEqual(['Cleo']);
    game = { ...game, tally: { 1: 3, 2: 0, 3: 0 } };
    expect(counts(game)).toEqual([3, 0, 2]);
    expect(advance(game, NOW + VOTING_TIME - 1)).toBe(game);
    game = advance(game, NOW + VOTING_TIME);
    expect(game.phase).toEqual({ is: 'podium' });
    expect(best(game)).toEqual(['Ada']);
    // The last votes of the audience may come later, those of players not.
    expect(best({ ...game, tally: { 1: 3, 2: 9, 3: 0 } })).toEqual(['Ben']);
    expect(vote(game, 3, 1)).toBe(game);
    expect(start(game, 1, NOW)).toMatchObject({ drawings: [], votes: {}, tally: {} });
  });

  test('is not held with fewer than two drawings, and can be ended early', () => {
    const { drawings, ...game } = playedGame();
    expect(finish({ ...game, drawings: drawings.slice(1, 2) }, NOW).phase.is).toBe('podium');
    expect(finish(finish({ ...game, drawings }, NOW), NOW).phase.is).toBe('podium');
    expect(best({ ...game, drawings })).toEqual([]);
  });

  test.each([
    ['a drawing of their own', 1, 1],
    ['no drawing', 1, 9],
    ['a drawing, without being in the game', 7, 1],
  ])('nobody votes for %s', (_what, id, turn) => {
    const game = finish(playedGame(), NOW);
    expect(vote(game, id, turn)).toBe(game);
  });

  test('has the latest 24 drawings', () => {
    let game = playedGame();
    for (let turn = 4; turn <= 30; turn++) {
      game = addDrawing(game, { turn, drawer: 1, name: 'Ada', word: 'word' });
    }
    expect(game.drawings.map(({ turn }) => turn)).toEqual(
      Array.from({ length: 24 }, (_, index) => index + 7),
    );
  });
});

test('the audience is asked once there is one, until the vote is over', () => {
  const calls: unknown[] = [];
  const room = {
    audience: 0,
    poll: (choices: readonly string[]) => calls.push(choices),
    endPoll: () => calls.push('end'),
  };
  const poll = new AudiencePoll(room as unknown as Room);
  const game = playedGame();
  const voting = finish(game, NOW);
  for (const each of [game, voting, finish(voting, NOW)]) poll.follow(each);
  expect(calls).toEqual([]);
  poll.follow(voting);
  room.audience = 1;
  poll.follow(voting);
  poll.follow(voting);
  room.audience = 0;
  for (let count = 0; count < 2; count++) poll.follow(finish(voting, NOW));
  expect(calls).toEqual([['1', '2', '3'], 'end']);
});
