import { byId } from '../../by-id.js';
import { create, setText } from '../dom.js';
import type { Drawn } from '../game.js';

/** The turn of the drawing that this phone has voted for. */
let chosen: string | undefined;

/** Has a function called with the turn of the drawing that is voted for. */
export function onVote(vote: (turn: number) => void): void {
  byId('ballot').onclick = ({ target }) => {
    const turn = (target as HTMLElement).closest('button')?.dataset['turn'];
    if (turn === undefined) return;
    chosen = turn;
    vote(Number(turn));
    mark();
  };
}

/** Shows the drawings to vote for. */
export function showBallot(drawings: readonly Drawn[]): void {
  const ballot = byId('ballot');
  const shown = JSON.stringify(drawings);
  if (ballot.dataset['shown'] === shown) return;
  ballot.dataset['shown'] = shown;
  ballot.replaceChildren(...drawings.map(voteButton));
  resetBallot();
}

/** The earlier vote does not count any more. */
export function resetBallot(): void {
  chosen = undefined;
  mark();
}

/** Viewers can vote only while the relay counts their votes. */
export function enableBallot(isOpen: boolean): void {
  for (const button of byId('ballot').querySelectorAll('button')) button.disabled = !isOpen;
}

function mark(): void {
  for (const button of byId('ballot').querySelectorAll('button')) {
    button.ariaPressed = String(button.dataset['turn'] === chosen);
  }
  const thanks = 'Thank you! You can still change your vote.';
  const empty = byId('ballot').childElementCount === 0;
  const ask = empty ? 'The others vote.' : 'Look at the big screen, and choose one.';
  setText('vote-note', chosen === undefined ? ask : thanks);
}

function voteButton({ turn, word, name }: Drawn): HTMLElement {
  const button = create('button', 'button vote-button');
  button.type = 'button';
  button.dataset['turn'] = String(turn);
  button.append(create('span', '', word), ' ', create('bdi', 'vote-name', name));
  return button;
}
