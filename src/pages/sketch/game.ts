import { judge, type Verdict } from './guess.js';
import { WORDS } from './words.js';

/*
 * The rules. A game is plain data, so that it can be stored; every function takes one and returns
 * the next. Times are milliseconds of any clock, and passed in. Nothing here knows of a page or of
 * a network.
 */

export const MIN_PLAYERS = 2;
export const MAX_PLAYERS = 8;
export const WORDS_TO_CHOOSE = 3;

/** How long each part of a turn takes at most, in milliseconds. */
export const CHOOSING_TIME = 15_000;
export const DRAWING_TIME = 80_000;
export const REVEAL_TIME = 6_000;
/** How long the others wait for a drawer whose phone is cut off. */
export const PATIENCE = 15_000;

const POINTS_FOR_GUESSING = 50;
/** On top of that for a guess in the first moment; the longer it takes, the less. */
const POINTS_FOR_SPEED = 50;
/** For the drawer, for everybody who gets it. */
const POINTS_FOR_DRAWING = 30;

export interface Player {
  readonly id: number;
  readonly name: string;
  readonly points: number;
  /** Since when the phone is cut off; `null` while it is there. */
  readonly awaySince: number | null;
}

export interface Gain {
  readonly id: number;
  readonly points: number;
}

/** Why a turn is over. */
export type Ending = 'everybody' | 'time' | 'drawer';

export type Phase =
  | { readonly is: 'lobby' }
  | {
      readonly is: 'choosing';
      readonly drawer: number;
      readonly words: readonly string[];
      readonly until: number;
    }
  | Drawing
  | {
      readonly is: 'reveal';
      readonly drawer: number;
      readonly word: string;
      readonly ending: Ending;
      readonly gains: readonly Gain[];
      readonly until: number;
    }
  | { readonly is: 'podium' };

export interface Drawing {
  readonly is: 'drawing';
  readonly drawer: number;
  readonly word: string;
  /** The places of letters that are given away as time goes by, the first one first. */
  readonly hints: readonly number[];
  readonly until: number;
  /** Who has guessed it, in order, and what it brought; the drawer comes last. */
  readonly gains: readonly Gain[];
}

export interface Game {
  /** In the order of joining. */
  readonly players: readonly Player[];
  readonly phase: Phase;
  /** From 1; 0 before the start. */
  readonly round: number;
  readonly rounds: number;
  /** Counts up with every turn, over all games on this screen. */
  readonly turn: number;
  /** Who has had a turn in this round. */
  readonly drawn: readonly number[];
  /** The words that have been offered: none comes twice before all have come. */
  readonly offered: readonly string[];
}

export function newGame(): Game {
  return {
    players: [],
    phase: { is: 'lobby' },
    round: 0,
    rounds: 2,
    turn: 0,
    drawn: [],
    offered: [],
  };
}

// Who plays

/** Somebody says a name: a new player, or one who is known and has another name now. */
export function enter(game: Game, id: number, name: string): Game {
  const others = game.players.filter((player) => player.id !== id).map((player) => player.name);
  const called = unlike(others, name);
  if (findPlayer(game, id) !== undefined) return change(game, id, { name: called });
  const player: Player = { id, name: called, points: 0, awaySince: null };
  return { ...game, players: [...game.players, player] };
}

/** `"Ada"` is `"Ada 2"` if there is an Ada. */
function unlike(others: readonly string[], name: string): string {
  let called = name;
  for (let number = 2; others.includes(called); number++) called = `${name} ${number}`;
  return called;
}

/** Somebody is gone for good. */
export function leave(game: Game, id: number, now: number): Game {
  return advance({ ...game, players: game.players.filter((player) => player.id !== id) }, now);
}

/** A phone is cut off, or back. */
export function setAway(game: Game, id: number, away: boolean, now: number): Game {
  const player = findPlayer(game, id);
  if (player === undefined || (player.awaySince !== null) === away) return game;
  return advance(change(game, id, { awaySince: away ? now : null }), now);
}

export function findPlayer(game: Game, id: number): Player | undefined {
  return game.players.find((player) => player.id === id);
}

export function canStart(game: Game): boolean {
  return present(game).length >= MIN_PLAYERS;
}

function present(game: Game): readonly Player[] {
  return game.players.filter(({ awaySince }) => awaySince === null);
}

function change(game: Game, id: number, changes: Partial<Player>): Game {
  const players = game.players.map((each) => (each.id === id ? { ...each, ...changes } : each));
  return { ...game, players };
}

// How it goes

/** From the lobby or the podium: everybody begins with nothing. */
export function start(game: Game, rounds: number, now: number, random = Math.random): Game {
  if (game.phase.is !== 'lobby' && game.phase.is !== 'podium') return game;
  if (!canStart(game)) return game;
  const players = game.players.map((player) => ({ ...player, points: 0 }));
  return nextTurn({ ...game, players, rounds, round: 1, drawn: [] }, now, random);
}

/** Goes straight to the podium. */
export function finish(game: Game): Game {
  return { ...game, phase: { is: 'podium' } };
}

/** The drawer takes one of the words. */
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
  const letters = [...word].flatMap((letter, place) => (letter === ' ' ? [] : [place]));
  const hints = shuffled(letters, random).slice(0, Math.min(2, Math.floor(letters.length / 3)));
  const until = now + DRAWING_TIME;
  return { ...game, phase: { is: 'drawing', drawer: id, word, hints, until, gains: [] } };
}

/** Somebody guesses. No verdict if it is not for them to guess now. */
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
  const share = Math.max(0, phase.until - now) / DRAWING_TIME;
  const gain = { id, points: POINTS_FOR_GUESSING + Math.round(POINTS_FOR_SPEED * share) };
  const guessers = [...phase.gains.filter((each) => each.id !== phase.drawer), gain];
  const gains = [...guessers, { id: phase.drawer, points: guessers.length * POINTS_FOR_DRAWING }];
  let next: Game = { ...game, phase: { ...phase, gains } };
  next = addPoints(next, id, gain.points);
  next = addPoints(next, phase.drawer, POINTS_FOR_DRAWING);
  return { game: advance(next, now), verdict };
}

function isGuesser(game: Game, { drawer, gains }: Drawing, id: number): boolean {
  return (
    id !== drawer && findPlayer(game, id) !== undefined && !gains.some((each) => each.id === id)
  );
}

function addPoints(game: Game, id: number, points: number): Game {
  return change(game, id, { points: (findPlayer(game, id)?.points ?? 0) + points });
}

/** Moves on to what comes next, if it is time. To be called every now and then. */
export function advance(game: Game, now: number, random = Math.random): Game {
  const { phase } = game;
  switch (phase.is) {
    case 'lobby':
    case 'podium':
      return game;
    case 'choosing':
      if (isLost(game, phase.drawer, now))
        return canStart(game) ? nextTurn(game, now, random) : game;
      // Who does not choose draws the first word.
      return now < phase.until ? game : choose(game, phase.drawer, 0, now, random);
    case 'drawing': {
      const ending = findEnding(game, phase, now);
      if (ending === undefined) return game;
      const { drawer, word, gains } = phase;
      const until = now + REVEAL_TIME;
      return { ...game, phase: { is: 'reveal', drawer, word, ending, gains, until } };
    }
    case 'reveal':
      // With too few players to go on, everybody waits here.
      return now < phase.until || !canStart(game) ? game : nextTurn(game, now, random);
    default:
      return phase satisfies never;
  }
}

function findEnding(game: Game, phase: Drawing, now: number): Ending | undefined {
  if (isLost(game, phase.drawer, now)) return 'drawer';
  if (now >= phase.until) return 'time';
  const guessers = present(game).filter(({ id }) => id !== phase.drawer);
  const isDone = guessers.length > 0 && guessers.every(({ id }) => !isGuesser(game, phase, id));
  return isDone ? 'everybody' : undefined;
}

function isLost(game: Game, id: number, now: number): boolean {
  const player = findPlayer(game, id);
  if (player === undefined) return true;
  return player.awaySince !== null && now - player.awaySince >= PATIENCE;
}

function nextTurn(game: Game, now: number, random: () => number): Game {
  const drawer = present(game).find(({ id }) => !game.drawn.includes(id));
  if (drawer === undefined) {
    if (game.round >= game.rounds) return finish(game);
    return nextTurn({ ...game, round: game.round + 1, drawn: [] }, now, random);
  }
  const { words, offered } = drawWords(game.offered, random);
  const phase: Phase = { is: 'choosing', drawer: drawer.id, words, until: now + CHOOSING_TIME };
  return { ...game, phase, offered, turn: game.turn + 1, drawn: [...game.drawn, drawer.id] };
}

function drawWords(
  offered: readonly string[],
  random: () => number,
): { words: readonly string[]; offered: readonly string[] } {
  const fresh = WORDS.filter((word) => !offered.includes(word));
  if (fresh.length < WORDS_TO_CHOOSE) return drawWords([], random);
  const words = shuffled(fresh, random).slice(0, WORDS_TO_CHOOSE);
  return { words, offered: [...offered, ...words] };
}

/** Fisher and Yates's shuffle. */
function shuffled<Item>(items: readonly Item[], random: () => number): Item[] {
  const result = [...items];
  for (let last = result.length - 1; last > 0; last--) {
    const other = Math.floor(random() * (last + 1));
    [result[last], result[other]] = [result[other] as Item, result[last] as Item];
  }
  return result;
}

// What is shown

/** The word for those who guess: `_` for every letter that is not given away yet. */
export function mask({ word, hints, until }: Drawing, now: number): string {
  const gone = 1 - Math.max(0, until - now) / DRAWING_TIME;
  const count = gone >= 0.75 ? 2 : gone >= 0.5 ? 1 : 0;
  const shown = hints.slice(0, count);
  return [...word]
    .map((letter, place) => (letter === ' ' || shown.includes(place) ? letter : '_'))
    .join('');
}

export interface Ranked extends Player {
  /** From 1; who has the same points has the same place. */
  readonly place: number;
}

/** The best first. */
export function ranking(game: Game): readonly Ranked[] {
  const sorted = [...game.players].sort((a, b) => b.points - a.points);
  const placeOf = (points: number) => 1 + sorted.filter((each) => each.points > points).length;
  return sorted.map((player) => ({ ...player, place: placeOf(player.points) }));
}
