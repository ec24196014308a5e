import { type Drawn, MAX_PLAYERS } from '../game.js';
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
  /** The drawings are those of others. */
  | { readonly is: 'vote'; readonly drawings: readonly Drawn[] }
  | { readonly is: 'podium'; readonly winners: readonly string[]; readonly best: readonly Drawn[] }
  /** What the audience sees, except the vote. */
  | {
      readonly is: 'watch';
      readonly mark: string;
      readonly title: string;
      readonly text: string;
    }
  /** The drawer's phone waits for the word, or for the words to choose from. */
  | { readonly is: 'awaitingSecret' }
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

/** What a viewer's phone shows. */
export function viewForViewer(game: SharedGame): View {
  const isFull = game.players.length >= MAX_PLAYERS;
  const name = isFull ? 'Watching: the room is full' : 'Watching';
  return { ...viewOfAll(game, sceneForViewer(game)), name, points: 0, place: 0 };
}

function sceneForViewer(game: SharedGame): Scene {
  const { phase } = game;
  const watch = (mark: string, title: string, text: string): Scene => ({
    is: 'watch',
    mark,
    title,
    text,
  });
  switch (phase.is) {
    case 'lobby':
      return watch('✎', 'You are watching', 'At the end, vote here for the best drawing.');
    case 'choosing':
      return watch('…', `${nameOf(game, phase.drawer)} is choosing`, 'Look at the big screen.');
    case 'drawing':
      return watch('✎', `${nameOf(game, phase.drawer)} draws`, 'Look at the big screen.');
    case 'reveal':
      return watch('✓', phase.word, `${nameOf(game, phase.drawer)} drew this word.`);
    case 'voting':
      return { is: 'vote', drawings: phase.drawings };
    case 'podium': {
      const names = winners(game).map(({ name }) => name);
      const title = names.length === 0 ? 'Nobody won' : `${names.join(' and ')} won`;
      return watch('★', title, bestText(phase.best) || 'The game is over.');
    }
    default:
      return phase satisfies never;
  }
}

/** Which drawing has won the vote; `""` if there was none. */
export function bestText(best: readonly Drawn[]): string {
  const names = best.map(({ word, name }) => `${word} by ${name}`);
  if (names.length === 0) return '';
  return `Best ${names.length === 1 ? 'drawing' : 'drawings'}: ${names.join(', ')}.`;
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
      return words === undefined ? { is: 'awaitingSecret' } : { is: 'choose', words };
    case 'drawing': {
      if (phase.drawer === id)
        return word === undefined ? { is: 'awaitingSecret' } : { is: 'draw', word };
      const drawer = nameOf(game, phase.drawer);
      if (phase.guessed.includes(id)) return { is: 'guessed', drawer };
      return { is: 'guess', drawer, mask: phase.mask };
    }
    case 'reveal': {
      const drawer = phase.drawer === id ? null : nameOf(game, phase.drawer);
      return { is: 'reveal', word: phase.word, drawer, gain: phase.gains[id] ?? 0 };
    }
    case 'voting':
      return { is: 'vote', drawings: phase.drawings.filter(({ drawer }) => drawer !== id) };
    case 'podium':
      return {
        is: 'podium',
        winners: winners(game).map(({ name }) => name),
        best: phase.best,
      };
    default:
      return phase satisfies never;
  }
}
