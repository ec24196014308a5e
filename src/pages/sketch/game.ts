/*
 * What a game is: plain data, so that it can be stored. The rules are functions that take one and
 * return the next. players.ts has who plays, turns.ts how it goes, words.ts what there is to draw,
 * hints.ts what is given away of it, guess.ts who is right, and scoring.ts what that is worth.
 *
 * Times are milliseconds of any clock, and passed in. No rule knows of a page or of a network.
 */

export const MIN_PLAYERS = 2;
export const MAX_PLAYERS = 8;

/** How long each part of a turn takes at most, in milliseconds. */
export const CHOOSING_TIME = 15_000;
export const DRAWING_TIME = 80_000;
export const REVEAL_TIME = 6_000;
/** How long the others wait for a drawer whose phone is cut off. */
export const PATIENCE = 15_000;

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
  /** As chosen on the screen, for this game and the next ones. */
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
