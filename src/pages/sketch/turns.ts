import {
  CHOOSING_TIME,
  DRAWING_TIME,
  type Drawing,
  type Ending,
  type Game,
  type Phase,
  RECONNECT_TIME,
  REVEAL_TIME,
  VOTING_TIME,
} from './game.js';
import { judge, type Verdict } from './guess.js';
import { pickHints } from './hints.js';
import { canStart, changePlayer, connectedPlayers, findPlayer } from './players.js';
import { reward } from './scoring.js';
import { MIN_DRAWINGS } from './voting.js';
import { offerWords } from './words.js';

/** Starts a game from the lobby or the podium; all players begin with 0 points. */
export function start(game: Game, rounds: number, now: number, random = Math.random): Game {
  if (game.phase.is !== 'lobby' && game.phase.is !== 'podium') return game;
  if (!canStart(game)) return game;
  const players = game.players.map((player) => ({ ...player, points: 0 }));
  const empty = { drawn: [], drawings: [], votes: {}, tally: {} };
  return nextTurn({ ...game, ...empty, players, rounds, round: 1 }, now, random);
}

/** Ends the turns, or the vote: shows what comes next, the vote for the best drawing or the podium. */
export function finish(game: Game, now: number): Game {
  if (game.phase.is !== 'voting' && game.drawings.length >= MIN_DRAWINGS) {
    return { ...game, phase: { is: 'voting', until: now + VOTING_TIME } };
  }
  return { ...game, phase: { is: 'podium' } };
}

/** The drawer chooses one of the words. */
export function choose(
  game: Game,
  id: number,
  index: number,
  now: number,
  random = Math.random,
): Game {
  const { phase } = game;
  if (phase.is !== 'choosing' || phase.drawer !== id) return game;
  const word = phase.words[index];
  if (word === undefined) return game;
  const hints = pickHints(word, random);
  const until = now + DRAWING_TIME;
  return { ...game, phase: { is: 'drawing', drawer: id, word, hints, until, gains: [] } };
}

/** A player guesses. There is no verdict if this player cannot guess now. */
export function guess(
  game: Game,
  id: number,
  text: string,
  now: number,
): { readonly game: Game; readonly verdict: Verdict | undefined } {
  const { phase } = game;
  if (phase.is !== 'drawing' || !isGuesser(game, phase, id)) return { game, verdict: undefined };
  const verdict = judge(text, phase.word);
  if (verdict !== 'right') return { game, verdict };
  return { game: advance(reward(game, phase, id, now), now), verdict };
}

function isGuesser(game: Game, { drawer, gains }: Drawing, id: number): boolean {
  return (
    id !== drawer && findPlayer(game, id) !== undefined && !gains.some((each) => each.id === id)
  );
}

/** A player has left; this may end the turn. */
export function leave(game: Game, id: number, now: number): Game {
  return advance({ ...game, players: game.players.filter((player) => player.id !== id) }, now);
}

/** A phone was disconnected, or has reconnected. */
export function setDisconnected(game: Game, id: number, away: boolean, now: number): Game {
  const player = findPlayer(game, id);
  if (player === undefined || (player.disconnectedAt !== null) === away) return game;
  return advance(changePlayer(game, id, { disconnectedAt: away ? now : null }), now);
}

/** Moves to the next phase if it is time. Call it a few times per second. */
export function advance(game: Game, now: number, random = Math.random): Game {
  const { phase } = game;
  switch (phase.is) {
    case 'lobby':
    case 'podium':
      return game;
    case 'choosing':
      if (isLost(game, phase.drawer, now))
        return canStart(game) ? nextTurn(game, now, random) : game;
      // A drawer who does not choose draws the first word.
      return now < phase.until ? game : choose(game, phase.drawer, 0, now, random);
    case 'drawing': {
      const ending = findEnding(game, phase, now);
      if (ending === undefined) return game;
      const { drawer, word, gains } = phase;
      const until = now + REVEAL_TIME;
      return { ...game, phase: { is: 'reveal', drawer, word, ending, gains, until } };
    }
    case 'reveal':
      // With too few players, the game waits here.
      return now < phase.until || !canStart(game) ? game : nextTurn(game, now, random);
    case 'voting':
      return now < phase.until ? game : finish(game, now);
    default:
      return phase satisfies never;
  }
}

function findEnding(game: Game, phase: Drawing, now: number): Ending | undefined {
  if (isLost(game, phase.drawer, now)) return 'drawer';
  if (now >= phase.until) return 'time';
  const guessers = connectedPlayers(game).filter(({ id }) => id !== phase.drawer);
  const isDone = guessers.length > 0 && guessers.every(({ id }) => !isGuesser(game, phase, id));
  return isDone ? 'everybody' : undefined;
}

function isLost(game: Game, id: number, now: number): boolean {
  const player = findPlayer(game, id);
  if (player === undefined) return true;
  return player.disconnectedAt !== null && now - player.disconnectedAt >= RECONNECT_TIME;
}

function nextTurn(game: Game, now: number, random: () => number): Game {
  const drawer = connectedPlayers(game).find(({ id }) => !game.drawn.includes(id));
  if (drawer === undefined) {
    if (game.round >= game.rounds) return finish(game, now);
    return nextTurn({ ...game, round: game.round + 1, drawn: [] }, now, random);
  }
  const { words, offered } = offerWords(game.offered, random);
  const phase: Phase = { is: 'choosing', drawer: drawer.id, words, until: now + CHOOSING_TIME };
  return { ...game, phase, offered, turn: game.turn + 1, drawn: [...game.drawn, drawer.id] };
}
