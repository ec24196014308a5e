import type { Codec, RoomEvents } from '../api.js';
import type { EventArguments } from '../emitter.js';
import { GameEvents } from '../game-events.js';

const EVENTS = [
  'ask',
  'askEnd',
  'join',
  'about',
  'leave',
  'away',
  'back',
  'message',
  'gap',
  'lost',
  'restart',
  'channel',
  'audience',
  'tally',
  'status',
  'error',
  'close',
] as const satisfies readonly (keyof RoomEvents)[];

/**
 * The events of a room. The events of a player begin with `join` and end with `leave`: if a player
 * joins and leaves before the game listens, the `leave` is buffered until there is a listener of `join`.
 */
export abstract class PlayerEvents extends GameEvents<RoomEvents> {
  /** The players whose `join` is buffered. */
  readonly #bufferedJoins = new Set<unknown>();
  /** The players of whom the game has got an event. */
  readonly #announced = new WeakSet<object>();

  constructor(codec: Codec | undefined) {
    super(EVENTS, codec);
  }

  protected override emit<Name extends keyof RoomEvents>(
    name: Name,
    ...event: RoomEvents[Name]
  ): void {
    if (name === 'join') this.#bufferedJoins.add(event[0]);
    // Later listeners must not learn of a candidate who does not ask any more.
    if (name === 'askEnd') this.#dropEventsOf(event[0], ['ask']);
    super.emit(name, ...event);
  }

  protected override canDeliver(name: PropertyKey, [player]: EventArguments): boolean {
    return (
      name !== 'leave' || !this.#bufferedJoins.has(player) || this.#announced.has(player as object)
    );
  }

  protected override delivering(name: PropertyKey, [player]: EventArguments): void {
    if (typeof player !== 'object' || player === null) return;
    this.#announced.add(player);
    // Later listeners must not learn of a player who has left.
    if (name === 'leave') this.#dropEventsOf(player, ['join', 'about', 'away', 'back']);
    if (name === 'join' || name === 'leave') this.#bufferedJoins.delete(player);
  }

  protected override dropped(name: PropertyKey, [player]: EventArguments): void {
    if (name !== 'join') return;
    this.#bufferedJoins.delete(player);
    this.#dropEventsOf(player, ['about', 'away', 'back', 'leave']);
  }

  #dropEventsOf(player: unknown, names: readonly PropertyKey[]): void {
    this.dropBuffered((name, [about]) => about === player && names.includes(name));
  }
}
