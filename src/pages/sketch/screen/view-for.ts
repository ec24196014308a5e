import type { Game } from '../game.js';
import { mask } from '../hints.js';
import { canStart, findPlayer } from '../players.js';
import { ranking, winners } from '../scoring.js';
import type { Scene, View } from '../wire.js';

/** What a player's phone shows now; `undefined` for a player without a name. */
export function viewFor(game: Game, id: number, now: number): View | undefined {
  const ranked = ranking(game);
  const player = ranked.find((each) => each.id === id);
  if (player === undefined) return undefined;
  const { name, points, place } = player;
  const { round, rounds, turn } = game;
  const scene = sceneFor(game, id, now);
  const rank = { name, points, place, players: ranked.length };
  return { ...rank, round, rounds, turn, canStart: canStart(game), scene };
}

/** It contains the word only for the drawer, and for everybody when the turn is over. */
function sceneFor(game: Game, id: number, now: number): Scene {
  const { phase } = game;
  switch (phase.is) {
    case 'lobby':
      return { is: 'lobby' };
    case 'choosing':
      if (phase.drawer === id) return { is: 'choose', words: phase.words };
      return { is: 'wait', drawer: nameOf(game, phase.drawer) };
    case 'drawing': {
      if (phase.drawer === id) return { is: 'draw', word: phase.word };
      const drawer = nameOf(game, phase.drawer);
      if (phase.gains.some((gain) => gain.id === id)) return { is: 'guessed', drawer };
      return { is: 'guess', drawer, mask: mask(phase, now) };
    }
    case 'reveal': {
      const gain = phase.gains.find((each) => each.id === id)?.points ?? 0;
      const drawer = phase.drawer === id ? null : nameOf(game, phase.drawer);
      return { is: 'reveal', word: phase.word, drawer, gain };
    }
    case 'podium':
      return { is: 'podium', winners: winners(game).map(({ name }) => name) };
    default:
      return phase satisfies never;
  }
}

export function nameOf(game: Game, id: number): string {
  return findPlayer(game, id)?.name ?? 'a player who left';
}

/** How long the phase lasts, in milliseconds; `null` for one without an end. */
export function timeLeft({ phase }: Game, now: number): number | null {
  return 'until' in phase ? Math.max(0, phase.until - now) : null;
}
