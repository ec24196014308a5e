import type { Clock } from './api.js';
import type { Value } from './cbor.js';

export type Command = { readonly [key: string]: Value };

/**
 * What the game wants of its room. A command may be lost with the line, so it is repeated when
 * there is a new one; to hear it twice does the relay no harm.
 */
export class RoomCommands {
  readonly #clock: Clock;
  readonly #hold: number;
  readonly #command: (command: Command) => void;
  /** Whether the door is to be closed; `undefined` if the game has never said so. */
  #started: boolean | undefined;
  readonly #kicked = new Set<number>();
  /** The room is to be over, and by this time it is, even if the relay is not heard again. */
  #overBy: number | undefined;

  /**
   * @param hold for how many seconds the relay keeps a room whose host is gone
   * @param command hands one command to the relay
   */
  constructor(clock: Clock, hold: number, command: (command: Command) => void) {
    this.#clock = clock;
    this.#hold = hold;
    this.#command = command;
  }

  /** Whether the room has been stopped so long ago that the relay has ended it by itself. */
  get isOver(): boolean {
    return this.#overBy !== undefined && this.#clock.now() >= this.#overBy;
  }

  setStarted(started: boolean): void {
    this.#started = started;
    this.#command({ cmd: started ? 'start' : 'open' });
  }

  kick(id: number): void {
    this.#kicked.add(id);
    this.#command({ cmd: 'kick', player: id });
  }

  /** This player is gone, and need not be kicked any more. */
  forget(id: number): void {
    this.#kicked.delete(id);
  }

  stop(): void {
    this.#overBy ??= this.#clock.now() + this.#hold * 1000;
    this.#command({ cmd: 'stop' });
  }

  /** Says it all again, on a new line. */
  repeat(): void {
    if (this.#overBy !== undefined) return this.stop();
    if (this.#started !== undefined) this.setStarted(this.#started);
    for (const id of this.#kicked) this.kick(id);
  }
}
