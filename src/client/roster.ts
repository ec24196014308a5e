import type { Player } from './api.js';
import { type RoomOfPlayers, RoomPlayer } from './room-player.js';

/** Who is in the room. */
export class Roster {
  readonly #room: RoomOfPlayers;
  /** In the order in which they came. */
  readonly #players = new Map<number, RoomPlayer>();

  constructor(room: RoomOfPlayers) {
    this.#room = room;
  }

  get players(): readonly RoomPlayer[] {
    return [...this.#players.values()];
  }

  /** Those of these who are in the room, each once. */
  pick(who: Iterable<Player | number>): readonly RoomPlayer[] {
    const ids = new Set(Array.from(who, (each) => (typeof each === 'number' ? each : each.id)));
    return [...ids].flatMap((id) => this.#players.get(id) ?? []);
  }

  /** The player with this id, who is a new one if nobody has it yet. */
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
    // The page before this one may have met who left while this one was loaded.
    if (player === undefined) return this.#room.memory.forget(id);
    this.#players.delete(id);
    player.leave();
    this.#room.emit('leave', player);
  }

  setAway(id: number, away: boolean): void {
    this.#players.get(id)?.setAway(away);
  }

  /** Makes good what was not told because the line was lost, and greets everybody. */
  catchUp(present: readonly number[], away: ReadonlySet<number>): void {
    for (const id of this.#players.keys()) if (!present.includes(id)) this.leave(id);
    this.#room.memory.forgetAllBut(present);
    for (const id of present) this.join(id).setAway(away.has(id));
    for (const player of this.players) player.greet();
  }

  lineLost(): void {
    for (const player of this.#players.values()) player.lineLost();
  }

  /** The room is over. */
  close(): void {
    for (const player of this.#players.values()) player.close();
  }
}
