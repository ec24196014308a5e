import type { Player } from '../api.js';
import { type RoomContext, RoomPlayer } from './room-player.js';

/** The players in the room. */
export class Roster {
  readonly #room: RoomContext;
  /** In the order of joining. */
  readonly #players = new Map<number, RoomPlayer>();

  constructor(room: RoomContext) {
    this.#room = room;
  }

  get players(): readonly RoomPlayer[] {
    return [...this.#players.values()];
  }

  /**
   * Finds the receivers that are in the room, each once.
   *
   * @throws TypeError if `receivers` is not a list of players and ids
   */
  find(receivers: Iterable<Player | number>): readonly RoomPlayer[] {
    // An invalid list, for example from a failed lookup, must not send to other players.
    if (typeof receivers?.[Symbol.iterator] !== 'function') throw new TypeError(EXPECTED_RECEIVERS);
    return [...new Set(Array.from(receivers, idOf))].flatMap((id) => this.#players.get(id) ?? []);
  }

  /**
   * Returns the player with this id, who joins now if the id is new.
   *
   * @param about what the player says about itself, as text
   */
  join(id: number, about: unknown): RoomPlayer {
    const known = this.#players.get(id);
    if (known !== undefined) return known;
    const player = new RoomPlayer(id, this.#room, about);
    this.#players.set(id, player);
    this.#room.emit('join', player);
    return player;
  }

  leave(id: number): void {
    const player = this.#players.get(id);
    // The player may have left while this page was reloaded.
    if (player === undefined) return this.#room.store.forget(id);
    this.#players.delete(id);
    player.leave();
    this.#room.emit('leave', player);
  }

  /** Returns whether this player is in the room. */
  setAbout(id: number, text: unknown): boolean {
    const player = this.#players.get(id);
    player?.setAbout(text);
    return player !== undefined;
  }

  setAway(id: number, away: boolean): void {
    this.#players.get(id)?.setAway(away);
  }

  /**
   * Emits the changes since the last connection, and greets all players.
   *
   * @param aboutOf what new players say about themselves, as text
   */
  sync(
    present: readonly number[],
    away: ReadonlySet<number>,
    aboutOf: ReadonlyMap<number, unknown>,
  ): void {
    for (const id of this.#players.keys()) if (!present.includes(id)) this.leave(id);
    this.#room.store.keepOnly(present);
    for (const id of present) {
      const player = this.join(id, aboutOf.get(id));
      player.setAway(away.has(id));
      // Buffered messages that came before this list may have changed the order.
      this.#players.delete(id);
      this.#players.set(id, player);
    }
    for (const player of this.players) player.greet();
  }

  connectionLost(): void {
    for (const player of this.#players.values()) player.connectionLost();
  }

  /** The room has ended. */
  close(): void {
    for (const player of this.#players.values()) player.close();
  }
}

const EXPECTED_RECEIVERS = 'send: to: expected a list of players or their ids';

function idOf(receiver: Player | number): number {
  const id = typeof receiver === 'number' ? receiver : receiver?.id;
  if (Number.isInteger(id)) return id;
  throw new TypeError(
    `${EXPECTED_RECEIVERS}, got ${typeof receiver === 'string' ? `"${receiver}"` : receiver} in it`,
  );
}
