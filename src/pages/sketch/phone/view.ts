import { nameOf } from '../players.js';
import { ranking, winners } from '../scoring.js';
import type { SharedGame } from '../shared-game.js';
import type { Secret } from '../wire.js';

/** What a phone is to show. */
export type Scene =
  | { readonly is: 'lobby' }
  | { readonly is: 'choose'; readonly words: readonly string[] }
  | { readonly is: 'wait'; readonly drawer: string }
  | { readonly is: 'draw'; readonly word: string }
  | { readonly is: 'guess'; readonly drawer: string; readonly mask: string }
  | { readonly is: 'guessed'; readonly drawer: string }
  /** `drawer` is `null` if it is this phone's player. */
  | {
      readonly is: 'reveal';
      readonly word: string;
      readonly drawer: string | null;
      readonly gain: number;
    }
  | { readonly is: 'podium'; readonly winners: readonly string[] }
  /** The drawer's phone is to be told the word, or the words to choose from. */
  | { readonly is: 'untold' }
  /** The screen is disconnected, and does not know this phone yet. */
  | { readonly is: 'unknown'; readonly drawer: string | undefined };

export interface View {
  readonly name: string;
  readonly points: number;
  readonly place: number;
  readonly players: number;
  readonly round: number;
  readonly rounds: number;
  readonly turn: number;
  readonly canStart: boolean;
  readonly scene: Scene;
}

/** What a player's phone shows now; `undefined` for one who is not in the game. */
export function viewFor(
  game: SharedGame,
  id: number | undefined,
  secret: Secret | undefined,
): View | undefined {
  const player = ranking(game).find((each) => each.id === id);
  if (player === undefined) return undefined;
  const { name, points, place } = player;
  return { ...viewOfAll(game, sceneFor(game, player.id, secret)), name, points, place };
}

/** What a phone shows that the screen does not know yet. */
export function viewForStranger(game: SharedGame, name: string): View {
  const { phase } = game;
  const drawer = 'drawer' in phase ? nameOf(game, phase.drawer) : undefined;
  return { ...viewOfAll(game, { is: 'unknown', drawer }), name, points: 0, place: 0 };
}

function viewOfAll({ players, round, rounds, turn, canStart }: SharedGame, scene: Scene) {
  return { players: players.length, round, rounds, turn, canStart, scene };
}

function sceneFor(game: SharedGame, id: number, secret: Secret | undefined): Scene {
  const { phase } = game;
  const { words, word } = secret?.turn === game.turn ? secret : {};
  switch (phase.is) {
    case 'lobby':
      return { is: 'lobby' };
    case 'choosing':
      if (phase.drawer !== id) return { is: 'wait', drawer: nameOf(game, phase.drawer) };
      return words === undefined ? { is: 'untold' } : { is: 'choose', words };
    case 'drawing': {
      if (phase.drawer === id) return word === undefined ? { is: 'untold' } : { is: 'draw', word };
      const drawer = nameOf(game, phase.drawer);
      if (phase.guessed.includes(id)) return { is: 'guessed', drawer };
      return { is: 'guess', drawer, mask: phase.mask };
    }
    case 'reveal': {
      const drawer = phase.drawer === id ? null : nameOf(game, phase.drawer);
      return { is: 'reveal', word: phase.word, drawer, gain: phase.gains[id] ?? 0 };
    }
    case 'podium':
      return { is: 'podium', winners: winners(game).map(({ name }) => name) };
    default:
      return phase satisfies never;
  }
}
