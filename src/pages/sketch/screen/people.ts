import { create } from '../dom.js';
import type { Game } from '../game.js';
import { type Ranked, ranking } from '../scoring.js';

/** A player's initial, in a colour of their own. */
export function badge({ id, name }: { readonly id: number; readonly name: string }): HTMLElement {
  const letter = create('span', `badge crayon-${((id - 1) % 8) + 1}`, [...name][0]?.toUpperCase());
  letter.ariaHidden = 'true';
  return letter;
}

/** Who is in, in the lobby. */
export function guestList(game: Game): HTMLElement[] {
  return game.players.map((player) => {
    const item = create('li', 'guest');
    item.classList.toggle('is-away', player.awaySince !== null);
    item.append(badge(player), create('span', 'guest-name', player.name));
    if (player.awaySince !== null) item.append(create('span', 'soft', 'away'));
    return item;
  });
}

/** The points of all, the best first, with what each is doing. */
export function scoreList(game: Game): HTMLElement[] {
  return ranking(game).map((player) => {
    const item = create('li', 'score');
    item.classList.toggle('is-away', player.awaySince !== null);
    const note = noteOn(game, player);
    item.classList.toggle('has-guessed', note === 'got it');
    const who = create('span', 'score-who');
    who.append(create('span', 'score-name', player.name), create('span', 'score-note', note));
    item.append(
      create('span', 'score-place', `${player.place}.`),
      badge(player),
      who,
      create('span', 'score-points', String(player.points)),
    );
    return item;
  });
}

function noteOn({ phase }: Game, { id, awaySince }: Ranked): string {
  if (awaySince !== null) return 'away';
  if (phase.is !== 'choosing' && phase.is !== 'drawing' && phase.is !== 'reveal') return '';
  if (phase.is === 'choosing') return phase.drawer === id ? 'choosing' : '';
  if (phase.drawer === id) return phase.is === 'drawing' ? 'drawing' : 'drew it';
  return phase.gains.some((gain) => gain.id === id) ? 'got it' : '';
}

/** The first three on their steps; who shares a place shares its height. */
export function podiumSteps(game: Game): HTMLElement[] {
  return ranking(game)
    .slice(0, 3)
    .map((player) => {
      const step = create('li', `step step-${player.place}`);
      const block = create('span', 'step-block');
      block.append(
        create('span', 'step-place', String(player.place)),
        create('span', 'step-points', `${player.points} points`),
      );
      step.append(badge(player), create('span', 'step-name', player.name), block);
      return step;
    });
}

/** Everybody else. */
export function others(game: Game): HTMLElement[] {
  return ranking(game)
    .slice(3)
    .map(({ place, name, points }) => create('li', '', `${place}. ${name}, ${points} points`));
}
