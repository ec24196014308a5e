import { create } from '../dom.js';
import type { Game } from '../game.js';
import { firstCharacter } from '../plain-text.js';
import { type Ranked, ranking } from '../scoring.js';

/** The first character of a player's name, in the player's colour. */
export function badge({ id, name }: { readonly id: number; readonly name: string }): HTMLElement {
  const letter = create(
    'span',
    `badge crayon-${((id - 1) % 8) + 1}`,
    firstCharacter(name).toUpperCase(),
  );
  letter.ariaHidden = 'true';
  return letter;
}

/** The players in the lobby. */
export function guestList(game: Game): HTMLElement[] {
  return game.players.map((player) => {
    const item = create('li', 'guest');
    item.classList.toggle('is-disconnected', player.disconnectedAt !== null);
    item.append(badge(player), create('bdi', 'guest-name', player.name));
    if (player.disconnectedAt !== null) item.append(create('span', 'soft', 'reconnecting…'));
    return item;
  });
}

/** The points of all players, the best first, with what each of them is doing. */
export function scoreList(game: Game): HTMLElement[] {
  return ranking(game).map((player) => {
    const item = create('li', 'score');
    item.classList.toggle('is-disconnected', player.disconnectedAt !== null);
    const note = noteOn(game, player);
    item.classList.toggle('has-guessed', note === 'got it');
    const who = create('span', 'score-who');
    who.append(create('bdi', 'score-name', player.name), create('span', 'score-note', note));
    item.append(
      create('span', 'score-place', `${player.place}.`),
      badge(player),
      who,
      create('span', 'score-points', String(player.points)),
    );
    return item;
  });
}

function noteOn({ phase }: Game, { id, disconnectedAt }: Ranked): string {
  if (disconnectedAt !== null) return 'reconnecting…';
  if (phase.is !== 'choosing' && phase.is !== 'drawing' && phase.is !== 'reveal') return '';
  if (phase.is === 'choosing') return phase.drawer === id ? 'choosing' : '';
  if (phase.drawer === id) return phase.is === 'drawing' ? 'drawing' : 'drew it';
  return phase.gains.some((gain) => gain.id === id) ? 'got it' : '';
}

/** The first three on the steps of the podium; players with the same place have the same height. */
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
      step.append(badge(player), create('bdi', 'step-name', player.name), block);
      return step;
    });
}

/** All other players. */
export function others(game: Game): HTMLElement[] {
  return ranking(game)
    .slice(3)
    .map(({ place, name, points }) => {
      const item = create('li');
      item.append(`${place}. `, create('bdi', '', name), `, ${points} points`);
      return item;
    });
}
