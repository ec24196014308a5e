import type { CloseReason } from '../../protocol/close-codes.js';
import type { Payload } from '../../protocol/payload.js';
import type { PlayerPeer } from '../../rooms/peer.js';
import type { Room } from '../../rooms/room.js';
import type { Link } from '../link/link.js';
import type { FrameHandler, Handle, Join } from '../wire/frames.js';
import type { PlayerSeat } from './player-seat.js';

/** Finds the room that a client of another relay joins, or the reason for refusing it. */
export type FindRoom = (join: Join) => Room | CloseReason;

/** The players of rooms of this relay whose connections another relay has: this relay is their home. */
export class RemotePlayers
  implements Pick<FrameHandler, 'join' | 'from' | 'disconnected' | 'measured'>
{
  readonly #link: Link;
  readonly #findRoom: FindRoom;
  readonly #players = new Map<Handle, RemotePlayer>();

  constructor(link: Link, findRoom: FindRoom) {
    this.#link = link;
    this.#findRoom = findRoom;
  }

  get size(): number {
    return this.#players.size;
  }

  join(handle: Handle, join: Join): void {
    // Every handle is used once. If not, its first seat must not be left without a connection.
    this.disconnected(handle, false);
    const room = this.#findRoom(join);
    if (!('identity' in room)) return this.#link.close(0, handle, room);
    const lane = room.identity.number;
    const player = new RemotePlayer(handle, join.address, {
      link: this.#link,
      lane,
      closed: () => void this.#players.delete(handle),
    });
    const { key, about, password, allValues } = join;
    const result = room.join(player, { key, about, password, allValues });
    if (result.is === 'refused') return player.close(result.reason);
    player.seat = result.seat;
    this.#players.set(handle, player);
    this.#link.seated(lane, handle, result.seat.id);
  }

  from(handle: Handle, payload: Payload): void {
    const player = this.#players.get(handle);
    player?.seat?.receive(payload, player);
  }

  disconnected(handle: Handle, isFinal: boolean): void {
    const player = this.#players.get(handle);
    this.#players.delete(handle);
    player?.seat?.leave(player, isFinal);
  }

  measured(handle: Handle, time: number): void {
    const player = this.#players.get(handle);
    player?.seat?.measured(time, player);
  }

  /** The link is broken: the players may reconnect. */
  broken(): void {
    for (const handle of [...this.#players.keys()]) this.disconnected(handle, false);
  }
}

interface RemotePlayerContext {
  readonly link: Link;
  readonly lane: number;
  closed(): void;
}

/** A player's connection at another relay. */
class RemotePlayer implements PlayerPeer {
  readonly address: string;
  seat: PlayerSeat | undefined;
  readonly #handle: Handle;
  readonly #context: RemotePlayerContext;
  #isOpen = true;

  constructor(handle: Handle, address: string | undefined, context: RemotePlayerContext) {
    this.#handle = handle;
    this.address = address ?? '';
    this.#context = context;
  }

  send(payload: Payload): void {
    const { link, lane } = this.#context;
    if (this.#isOpen) link.to(lane, this.#handle, payload);
  }

  measure(): void {
    if (this.#isOpen) this.#context.link.measure(this.#handle);
  }

  setReading(reading: boolean): void {
    if (this.#isOpen) this.#context.link.setReading(this.#handle, reading);
  }

  close(reason: CloseReason): void {
    if (!this.#isOpen) return;
    this.#isOpen = false;
    const { link, lane } = this.#context;
    link.close(lane, this.#handle, reason);
    this.#context.closed();
  }
}
