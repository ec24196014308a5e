import type { Data, Seat, Sendable } from '../../../client/index.js';
import type { SharedGame } from '../shared-game.js';
import { encode, type Secret } from '../wire.js';
import type { DrawingBoard } from './drawing-board.js';
import { showScene } from './scenes.js';
import { viewFor, viewForStranger } from './view.js';

export type PhoneSeat = Seat<Sendable, Data, SharedGame>;

/** Shows the game that the screen shares, as this phone's player is to see it. */
export class PhoneGame {
  readonly #me: PhoneSeat;
  readonly #name: string;
  readonly #drawingBoard: DrawingBoard;
  #secret: Secret | undefined;
  /** The secret that the screen was asked for. */
  #asked = '';

  /** @param name the name with which this phone has joined */
  constructor(me: PhoneSeat, name: string, drawingBoard: DrawingBoard) {
    this.#me = me;
    this.#name = name;
    this.#drawingBoard = drawingBoard;
    me.on('state', () => this.#show());
    me.on('host', () => this.#show());
    me.on('gap', () => this.#forget());
    me.on('restart', () => this.#forget());
    this.#show();
  }

  /** The screen tells the drawer something. */
  tell(secret: Secret): void {
    this.#secret = secret;
    this.#show();
  }

  /** What was sent to this phone may be lost. */
  #forget(): void {
    this.#asked = '';
    this.#show();
  }

  #show(): void {
    const { state: game, id, host } = this.#me;
    if (game === undefined) return;
    const view =
      viewFor(game, id, this.#secret) ??
      (host === 'disconnected' ? viewForStranger(game, this.#name) : undefined);
    // The screen does not know this phone yet, and will in a moment.
    if (view === undefined) return;
    const ends = 'ends' in game.phase ? game.phase.ends : undefined;
    this.#drawingBoard.beginTurn(view.turn);
    showScene(view, { ends, clock: () => this.#me.hostTime() });
    if (view.scene.is === 'awaitingSecret') this.#ask(`${game.turn} ${game.phase.is}`);
  }

  /** Asks for what this phone's new page does not know. The strokes are part of the answer. */
  #ask(what: string): void {
    if (this.#asked === what) return;
    this.#asked = what;
    this.#me.send(encode({ is: 'again' }));
  }
}
