import type { Clock } from '../api.js';
import type { Value } from './cbor.js';

export type Command = { readonly [key: string]: Value };

/**
 * The commands of the game for its room. A command may be lost with the connection, so it is repeated
 * on a new one. All of them are idempotent.
 */
export class RoomCommands {
  readonly #clock: Clock;
  readonly #hold: number;
  readonly #command: (command: Command) => void;
  /** Whether joining is stopped; `undefined` if the game has called neither `start` nor `open`. */
  #started: boolean | undefined;
  readonly #kicked = new Set<number>();
  /** The game has called `stop`; by this time, the relay has ended the room even without the command. */
  #overBy: number | undefined;

  /**
   * @param hold the reconnect window of the room, in seconds
   * @param command sends one command to the relay
   */
  constructor(clock: Clock, hold: number, command: (command: Command) => void) {
    this.#clock = clock;
    this.#hold = hold;
    this.#command = command;
  }

  /** Whether the room was stopped so long ago that the relay has ended it by itself. */
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

  /** This player has left, and need not be kicked any more. */
  forget(id: number): void {
    this.#kicked.delete(id);
  }

  stop(): void {
    this.#overBy ??= this.#clock.now() + this.#hold * 1000;
    this.#command({ cmd: 'stop' });
  }

  /** Repeats the commands on a new connection. */
  repeat(): void {
    if (this.#overBy !== undefined) return this.stop();
    if (this.#started !== undefined) this.setStarted(this.#started);
    for (const id of this.#kicked) this.kick(id);
  }
}
