import { DRAWING_TIME, type Drawing, type Game, type Player } from './game.js';
import { changePlayer, findPlayer } from './players.js';

const POINTS_FOR_GUESSING = 50;
/** Additional points for a guess in the first moment; they decrease to 0 over the turn. */
const POINTS_FOR_SPEED = 50;
/** For the drawer, for each player who guesses the word. */
const POINTS_FOR_DRAWING = 30;

/** Gives points to a player who has guessed the word, and to the drawer. */
export function reward(game: Game, drawing: Drawing, id: number, now: number): Game {
  const { drawer } = drawing;
  const share = Math.max(0, drawing.until - now) / DRAWING_TIME;
  const gain = { id, points: POINTS_FOR_GUESSING + Math.round(POINTS_FOR_SPEED * share) };
  const guessers = [...drawing.gains.filter((each) => each.id !== drawer), gain];
  const gains = [...guessers, { id: drawer, points: guessers.length * POINTS_FOR_DRAWING }];
  const next = addPoints({ ...game, phase: { ...drawing, gains } }, id, gain.points);
  return addPoints(next, drawer, POINTS_FOR_DRAWING);
}

function addPoints(game: Game, id: number, points: number): Game {
  return changePlayer(game, id, { points: (findPlayer(game, id)?.points ?? 0) + points });
}

interface Scored {
  readonly points: number;
}

/** Players, such as those of a game. */
interface Players<Each> {
  readonly players: readonly Each[];
}

export type Ranked<Each extends Scored = Player> = Each & {
  /** From 1; players with the same points have the same place. */
  readonly place: number;
};

/** All players with their places, the best first. */
export function ranking<Each extends Scored>({ players }: Players<Each>): readonly Ranked<Each>[] {
  const sorted = [...players].sort((a, b) => b.points - a.points);
  const placeOf = (points: number) => 1 + sorted.filter((each) => each.points > points).length;
  return sorted.map((player) => ({ ...player, place: placeOf(player.points) }));
}

/** The players with the most points; none if nobody has any points. */
export function winners<Each extends Scored>(game: Players<Each>): readonly Ranked<Each>[] {
  return ranking(game).filter(({ place, points }) => place === 1 && points > 0);
}
