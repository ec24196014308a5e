import { byId } from '../../by-id.js';
import { create, setText } from '../dom.js';
import type { Drawn } from '../game.js';
import { bestDrawings, type Counted, countVotes } from '../voting.js';
import type { Party } from './party.js';
import { picture } from './picture.js';

/** About this many columns for each row fill a wide screen: a drawing is square, with text below it. */
const COLUMNS_PER_ROW = 3;

/** Shows the drawings to vote for, and how many have voted. */
export function showVote(party: Party): void {
  const { game, pictures } = party;
  const list = byId('gallery');
  const shown = JSON.stringify(game.drawings);
  if (list.dataset['shown'] !== shown) {
    list.dataset['shown'] = shown;
    const { length } = game.drawings;
    const rows = Math.ceil(length / Math.ceil(Math.sqrt(length * COLUMNS_PER_ROW)));
    const columns = Math.ceil(length / rows);
    list.style.setProperty('--columns', String(columns));
    list.replaceChildren(...game.drawings.map((drawing) => figure(drawing, pictures)));
  }
  const count = countVotes(game).reduce((sum, { votes }) => sum + votes, 0);
  setText('vote-count', count === 1 ? '1 vote' : `${count} votes`);
}

/** Shows which drawing is the best, beside the podium; nothing if nobody has voted. */
export function showBest({ game, pictures }: Party): void {
  const best = bestDrawings(game);
  byId('best').hidden = best.length === 0;
  setText('best-title', best.length > 1 ? 'The best drawings' : 'The best drawing');
  const list = byId('best-drawings');
  const shown = JSON.stringify(best);
  if (list.dataset['shown'] === shown) return;
  list.dataset['shown'] = shown;
  list.replaceChildren(...best.slice(0, 2).map((drawing) => figure(drawing, pictures, drawing)));
}

function figure(
  { turn, name, word }: Drawn,
  pictures: Party['pictures'],
  counted?: Counted,
): HTMLElement {
  const item = create('li', 'drawing');
  const caption = create('p', 'drawing-caption');
  caption.append(create('b', '', word), ' by ', create('bdi', '', name));
  if (counted !== undefined) {
    caption.append(`, ${counted.votes} ${counted.votes === 1 ? 'vote' : 'votes'}`);
  }
  item.append(picture(pictures.get(turn) ?? [], `The drawing of ${word}`), caption);
  return item;
}
