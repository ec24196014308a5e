import type { Drawn, Game, Player } from './game.js';
import { mask } from './hints.js';
import { canStart } from './players.js';
import { bestDrawings } from './voting.js';

/*
 * What everybody may know about the game. The screen shares it (`shareState` of the SDK), so that a
 * phone that joins late, or whose page is reloaded, has it at once. Nobody but the drawer may know the
 * word, so it is not here before the turn is over: see wire.ts.
 */

export type SharedPlayer = Pick<Player, 'id' | 'name' | 'points'>;

export interface SharedGame {
  /** In the order of joining. */
  readonly players: readonly SharedPlayer[];
  readonly round: number;
  readonly rounds: number;
  /** The number of the turn: each turn begins with an empty sheet. */
  readonly turn: number;
  /** Whether there are enough players for a game. */
  readonly canStart: boolean;
  readonly phase: SharedPhase;
}

export type SharedPhase =
  | { readonly is: 'lobby' }
  /** `ends` is a time of the screen: see `hostTime` of the SDK. */
  | { readonly is: 'choosing'; readonly drawer: number; readonly ends: number }
  | {
      readonly is: 'drawing';
      readonly drawer: number;
      readonly ends: number;
      readonly mask: string;
      /** The ids of those who have guessed the word. */
      readonly guessed: readonly number[];
    }
  | {
      readonly is: 'reveal';
      readonly drawer: number;
      readonly word: string;
      /** By id. */
      readonly gains: Readonly<Record<string, number>>;
    }
  | { readonly is: 'voting'; readonly ends: number; readonly drawings: readonly Drawn[] }
  | { readonly is: 'podium'; readonly best: readonly Drawn[] };

/**
 * @param now in the time of the game
 * @param ends when the phase ends, in the time that phones know
 */
export function shareGame(game: Game, now: number, ends: number): SharedGame {
  const { round, rounds, turn } = game;
  const players = game.players.map(({ id, name, points }) => ({ id, name, points }));
  return { players, round, rounds, turn, canStart: canStart(game), phase: share(game, now, ends) };
}

function share(game: Game, now: number, ends: number): SharedPhase {
  const { phase } = game;
  switch (phase.is) {
    case 'lobby':
      return phase;
    case 'voting':
      return { is: phase.is, ends, drawings: game.drawings };
    case 'podium':
      return { is: phase.is, best: bestDrawings(game) };
    case 'choosing':
      return { is: phase.is, drawer: phase.drawer, ends };
    case 'drawing': {
      const { is, drawer, gains } = phase;
      const guessed = gains.map(({ id }) => id).filter((id) => id !== drawer);
      return { is, drawer, ends, mask: mask(phase, now), guessed };
    }
    case 'reveal': {
      const { is, drawer, word } = phase;
      const gains = Object.fromEntries(phase.gains.map(({ id, points }) => [id, points]));
      return { is, drawer, word, gains };
    }
    default:
      return phase satisfies never;
  }
}
