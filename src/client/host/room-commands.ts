import type { Clock } from '../api.js';
import type { Value } from './cbor.js';

export type Command = { readonly [key: string]: Value };

/**
 * The game's commands for its room. A command may be lost with the connection, so it is repeated on the
 * next one. All of them are idempotent.
 */
export class RoomCommands {
  readonly #clock: Clock;
  readonly #hold: number;
  readonly #send: (command: Command) => void;
  /** Whether the game has called `start` last, and not `open`; `undefined` if it has called neither. */
  #started: boolean | undefined;
  readonly #admitted = new Set<number>();
  /** The fields of `kick`, by the player's id. */
  readonly #kicked = new Map<number, Command>();
  /** The fields of `set`; empty if the game has changed nothing. */
  #changes: Command = {};
  /** Set by `stop`: the time at which the relay ends the room even if it does not get the command. */
  #endsBy: number | undefined;
  /** Whether another host has the room. */
  hasLeft = false;

  /**
   * @param hold the reconnect window of the room, in seconds
   * @param send sends one command to the relay
   */
  constructor(clock: Clock, hold: number, send: (command: Command) => void) {
    this.#clock = clock;
    this.#hold = hold;
    this.#send = send;
  }

  /**
   * Whether the room was left, or stopped so long ago that the relay has ended it even without the
   * command.
   */
  get isOver(): boolean {
    if (this.hasLeft) return true;
    return this.#endsBy !== undefined && this.#clock.now() >= this.#endsBy;
  }

  setStarted(started: boolean): void {
    this.#started = started;
    this.#send({ cmd: started ? 'start' : 'open' });
  }

  /** Changes the room. The fields that are missing stay as they are. */
  set(fields: Command): void {
    this.#changes = { ...this.#changes, ...fields };
    this.#send({ cmd: 'set', ...fields });
  }

  /** Gives a seat to a player who asks. */
  admit(id: number): void {
    this.#admitted.add(id);
    this.#send({ cmd: 'admit', player: id });
  }

  /** @param fields the reason, and whether to ban */
  kick(id: number, fields: Command): void {
    this.#kicked.set(id, fields);
    this.#send({ cmd: 'kick', player: id, ...fields });
  }

  /** The player has joined or left: its commands are not repeated any more. */
  forget(id: number): void {
    this.#admitted.delete(id);
    this.#kicked.delete(id);
  }

  /** The room waits for its next host. This one must not resume it, not even to repeat this command. */
  leave(): void {
    this.hasLeft = true;
    this.#send({ cmd: 'leave' });
  }

  stop(): void {
    if (this.hasLeft) return;
    this.#endsBy ??= this.#clock.now() + this.#hold * 1000;
    this.#send({ cmd: 'stop' });
  }

  /** Repeats the commands on a new connection. */
  repeat(): void {
    if (this.#endsBy !== undefined) return this.stop();
    if (this.#started !== undefined) this.setStarted(this.#started);
    if (Object.keys(this.#changes).length > 0) this.set(this.#changes);
    for (const id of this.#admitted) this.admit(id);
    for (const [id, fields] of this.#kicked) this.kick(id, fields);
  }
}
