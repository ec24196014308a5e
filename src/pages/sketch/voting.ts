import type { Drawn, Game } from './game.js';
import { findPlayer } from './players.js';

/** A vote is held if there are as many drawings. */
export const MIN_DRAWINGS = 2;
/** The most drawings of a game, of which the latest can be voted for. */
const MAX_DRAWINGS = 24;

export interface Counted extends Drawn {
  readonly votes: number;
}

/** A turn is over, and its drawing can be voted for. */
export function addDrawing(game: Game, drawing: Drawn): Game {
  return { ...game, drawings: [...game.drawings, drawing].slice(-MAX_DRAWINGS) };
}

/** A player votes, in place of an earlier vote. Nobody votes for a drawing of their own. */
export function vote(game: Game, id: number, turn: number): Game {
  const drawing = game.drawings.find((each) => each.turn === turn);
  if (game.phase.is !== 'voting' || findPlayer(game, id) === undefined) return game;
  if (drawing === undefined || drawing.drawer === id) return game;
  return { ...game, votes: { ...game.votes, [id]: turn } };
}

/** All drawings, with the votes of players and viewers. */
export function countVotes({ drawings, votes, tally }: Game): readonly Counted[] {
  const ofPlayers = Object.values(votes);
  return drawings.map((drawing) => {
    const { turn } = drawing;
    const count = ofPlayers.filter((each) => each === turn).length + (tally[turn] ?? 0);
    return { ...drawing, votes: count };
  });
}

/** The drawings with the most votes; none if nobody has voted. */
export function bestDrawings(game: Game): readonly Counted[] {
  const counted = countVotes(game);
  const most = Math.max(0, ...counted.map(({ votes }) => votes));
  return counted.filter(({ votes }) => most > 0 && votes === most);
}
