import type { Game } from '../game.js';
import type { Secret } from '../wire.js';

/** What the drawer alone may know; `undefined` while there is nothing. */
export function secretOf({
  phase,
  turn,
}: Game): { readonly drawer: number; readonly message: Secret } | undefined {
  if (phase.is !== 'choosing' && phase.is !== 'drawing') return undefined;
  const { drawer } = phase;
  const secret = phase.is === 'choosing' ? { words: phase.words } : { word: phase.word };
  return { drawer, message: { is: 'secret', turn, ...secret } };
}
