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
   * Those of these players who are in the room, each once.
   *
   * @throws TypeError if `who` is not a list of players and ids
   */
  pick(who: Iterable<Player | number>): readonly RoomPlayer[] {
    // An `undefined` of a failed look-up must not mean somebody else.
    if (typeof who?.[Symbol.iterator] !== 'function') throw new TypeError(EXPECTED);
    return [...new Set(Array.from(who, idOf))].flatMap((id) => this.#players.get(id) ?? []);
  }

  /** The player with this id, who joins if the id is new. */
  join(id: number): RoomPlayer {
    const known = this.#players.get(id);
    if (known !== undefined) return known;
    const player = new RoomPlayer(id, this.#room);
    this.#players.set(id, player);
    this.#room.emit('join', player);
    return player;
  }

  leave(id: number): void {
    const player = this.#players.get(id);
    // The player may have left while this page was reloaded.
    if (player === undefined) return this.#room.memory.forget(id);
    this.#players.delete(id);
    player.leave();
    this.#room.emit('leave', player);
  }

  setAway(id: number, away: boolean): void {
    this.#players.get(id)?.setAway(away);
  }

  /** Reports what happened while the host was disconnected, and greets all players. */
  catchUp(present: readonly number[], away: ReadonlySet<number>): void {
    for (const id of this.#players.keys()) if (!present.includes(id)) this.leave(id);
    this.#room.memory.forgetAllBut(present);
    for (const id of present) this.join(id).setAway(away.has(id));
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

const EXPECTED = 'send: to: expected a list of players or their ids';

function idOf(who: Player | number): number {
  const id = typeof who === 'number' ? who : who?.id;
  if (Number.isInteger(id)) return id;
  throw new TypeError(`${EXPECTED}, got ${typeof who === 'string' ? `"${who}"` : who} in it`);
}
