import type { Room } from '../../../client/index.js';
import type { Game } from '../game.js';

/** Asks the audience of a room for the best drawing, while the players vote. */
export class AudiencePoll {
  readonly #room: Pick<Room, 'audience' | 'poll' | 'endPoll'>;
  #isOpen = false;

  constructor(room: Pick<Room, 'audience' | 'poll' | 'endPoll'>) {
    this.#room = room;
  }

  /** Call it when the game or the number of viewers has changed. */
  follow({ phase, drawings }: Game): void {
    const isVoting = phase.is === 'voting';
    // A relay that does not support an audience has no viewers, and knows no polls.
    if (isVoting && !this.#isOpen && this.#room.audience > 0) {
      this.#isOpen = true;
      this.#room.poll(drawings.map(({ turn }) => String(turn)));
    }
    if (!isVoting && this.#isOpen) {
      this.#isOpen = false;
      this.#room.endPoll();
    }
  }
}
