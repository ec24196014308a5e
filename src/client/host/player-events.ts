import type { Codec, RoomEvents } from '../api.js';
import type { Parameters } from '../emitter.js';
import { GameEvents } from '../game-events.js';

const EVENTS = [
  'join',
  'leave',
  'away',
  'back',
  'message',
  'gap',
  'lost',
  'restart',
  'channel',
  'status',
  'error',
  'close',
] as const satisfies readonly (keyof RoomEvents)[];

/**
 * The events of a room. Those of a player begin with `join` and end with `leave`: the `leave` of a
 * player who joined and left before the game listened is buffered until the first listener of `join`.
 */
export abstract class PlayerEvents extends GameEvents<RoomEvents> {
  /** The players whose `join` is buffered. */
  readonly #unheard = new Set<unknown>();
  /** The players of delivered events. */
  readonly #heardOf = new WeakSet<object>();

  constructor(codec: Codec | undefined) {
    super(EVENTS, codec);
  }

  protected override emit<Name extends keyof RoomEvents>(
    name: Name,
    ...event: RoomEvents[Name]
  ): void {
    if (name === 'join') this.#unheard.add(event[0]);
    super.emit(name, ...event);
  }

  protected override mayDeliver(name: PropertyKey, [player]: Parameters): boolean {
    return name !== 'leave' || !this.#unheard.has(player) || this.#heardOf.has(player as object);
  }

  protected override delivering(name: PropertyKey, [player]: Parameters): void {
    if (typeof player !== 'object' || player === null) return;
    this.#heardOf.add(player);
    // A player who has left is not announced to later listeners.
    if (name === 'leave') this.#forget(player, ['join', 'away', 'back']);
    if (name === 'join' || name === 'leave') this.#unheard.delete(player);
  }

  protected override dropped(name: PropertyKey, [player]: Parameters): void {
    if (name !== 'join') return;
    this.#unheard.delete(player);
    this.#forget(player, ['away', 'back', 'leave']);
  }

  #forget(player: unknown, names: readonly PropertyKey[]): void {
    this.forget((name, [about]) => about === player && names.includes(name));
  }
}
