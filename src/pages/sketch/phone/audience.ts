import type { Data, Viewer } from '../../../client/index.js';
import { byId } from '../../by-id.js';
import { MAX_PLAYERS } from '../game.js';
import type { SharedGame } from '../shared-game.js';
import { enableBallot, onVote, resetBallot } from './ballot.js';
import { watchConnection } from './notice.js';
import { showScene } from './scenes.js';
import { viewForViewer } from './view.js';

export type PhoneViewer = Viewer<Data, SharedGame>;

/** Shows the game to a viewer, who votes in the poll of the screen. */
export function watchGame(me: PhoneViewer): void {
  const link = byId('play-instead', HTMLAnchorElement);
  link.href = `sketch?code=${me.code}`;
  const show = (): void => {
    const { state: game } = me;
    if (game === undefined) return;
    showScene(viewForViewer(game));
    link.hidden = game.players.length >= MAX_PLAYERS;
    enableBallot(me.poll.length > 0);
  };
  onVote((turn) => {
    if (me.poll.includes(String(turn))) me.vote(String(turn));
  });
  me.on('state', show);
  me.on('poll', () => {
    resetBallot();
    show();
  });
  me.on('close', () => {
    link.hidden = true;
  });
  watchConnection(me);
  show();
}
