/*
 * The state of a game: plain data, so that it can be stored. The rules are pure functions from one
 * state to the next: players.ts has the players, turns.ts the course of the game, words.ts the words,
 * hints.ts the letters that are shown, guess.ts the check of a guess, scoring.ts the points, and voting.ts
 * the vote for the best drawing.
 *
 * Times are milliseconds of any clock, and are passed in. No rule knows of a page or of a network.
 */

export const MIN_PLAYERS = 2;
export const MAX_PLAYERS = 8;

/** The longest duration of each part of a turn, in milliseconds. */
export const CHOOSING_TIME = 15_000;
export const DRAWING_TIME = 80_000;
export const REVEAL_TIME = 6_000;
export const VOTING_TIME = 40_000;
/** How long the game waits for a disconnected drawer, in milliseconds. */
export const RECONNECT_TIME = 15_000;

export interface Player {
  readonly id: number;
  readonly name: string;
  readonly points: number;
  /** When the phone was disconnected; `null` while it is connected. */
  readonly disconnectedAt: number | null;
}

export interface Gain {
  readonly id: number;
  readonly points: number;
}

/** A drawing that can be voted for. */
export interface Drawn {
  readonly turn: number;
  /** The id of the player who drew it, who may have left. */
  readonly drawer: number;
  readonly name: string;
  readonly word: string;
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
  | { readonly is: 'voting'; readonly until: number }
  | { readonly is: 'podium' };

export interface Drawing {
  readonly is: 'drawing';
  readonly drawer: number;
  readonly word: string;
  /** The positions of the letters that are shown as hints, in the order of showing. */
  readonly hints: readonly number[];
  readonly until: number;
  /** The points of those who have guessed the word, in order; the drawer comes last. */
  readonly gains: readonly Gain[];
}

export interface Game {
  /** In the order of joining. */
  readonly players: readonly Player[];
  readonly phase: Phase;
  /** From 1; 0 before the start. */
  readonly round: number;
  /** The number of rounds, as chosen on the screen. */
  readonly rounds: number;
  /** The number of the turn, counted over all games in this room. */
  readonly turn: number;
  /** The players who have had a turn in this round. */
  readonly drawn: readonly number[];
  /** The words that have been offered: none is offered twice before all have been. */
  readonly offered: readonly string[];
  /** The drawings of this game, in the order of drawing. */
  readonly drawings: readonly Drawn[];
  /** The turn of the drawing that each player has voted for, by the player's id. */
  readonly votes: Readonly<Record<number, number>>;
  /** How many viewers have voted for each drawing, by its turn. */
  readonly tally: Readonly<Record<number, number>>;
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
    drawings: [],
    votes: {},
    tally: {},
  };
}
