import { CLOSE_REASONS, type CloseReason } from '../../protocol/close-codes.js';
import type { Payload } from '../../protocol/payload.js';
import type { Connected, TimeRange } from '../../rooms/connected.js';
import type { PlayerPeer } from '../../rooms/peer.js';
import type { PlayerSeat } from '../../rooms/player-seat.js';
import type { Room } from '../../rooms/room.js';
import type { ViewerPeer } from '../../rooms/viewer.js';
import type { Link } from '../link/link.js';
import type { FrameHandler, Handle, Join } from '../wire/frames.js';
import { LinkedRooms } from './linked-rooms.js';

/** Finds the room that a client of another relay joins, or the reason for refusing it. */
export type FindRoom = (join: Join) => Room | CloseReason;

/** A client of another relay has followed its room to this one, or was refused. */
export type Followed = (room: Room) => void;

export interface RemotePlayersContext {
  readonly findRoom: FindRoom;
  readonly followed?: Followed;
  /** A time of the other relay's clock in that of this relay; `undefined` if nothing is known of it. */
  readonly ownTime?: (at: number) => TimeRange | undefined;
}

const ANY_TIME: TimeRange = {
  earliest: Number.NEGATIVE_INFINITY,
  latest: Number.POSITIVE_INFINITY,
};

/** Of viewers, which have no id. */
const NO_ID = 0;

/** The clients in rooms of this relay whose connections another relay has: this relay is their home. */
export class RemotePlayers
  implements Pick<FrameHandler, 'join' | 'from' | 'disconnected' | 'measured'>
{
  readonly #link: Link;
  readonly #findRoom: FindRoom;
  readonly #followed: Followed;
  readonly #ownTime: (at: number) => TimeRange | undefined;
  readonly #players = new Map<Handle, RemotePlayer>();
  readonly #rooms: LinkedRooms;

  constructor(
    link: Link,
    { findRoom, followed = () => {}, ownTime = () => undefined }: RemotePlayersContext,
  ) {
    this.#link = link;
    this.#findRoom = findRoom;
    this.#followed = followed;
    this.#ownTime = ownTime;
    this.#rooms = new LinkedRooms(link);
  }

  get size(): number {
    return this.#players.size;
  }

  join(handle: Handle, join: Join): void {
    // Every handle is used once. If not, its first seat must not be left without a connection.
    this.disconnected(handle, false);
    const room = this.#findRoom(join);
    if (!('identity' in room)) return this.#link.close(0, handle, room);
    if (join.follows) this.#followed(room);
    const lane = room.identity.number;
    if (join.follows && !mayFollow(room, join)) {
      return this.#link.close(lane, handle, CLOSE_REASONS.restarting);
    }
    const player = new RemotePlayer(handle, join.address, {
      link: this.#link,
      lane,
      connected: { ...(this.#ownTime(join.at) ?? ANY_TIME), link: this.#link },
      closed: () => this.#remove(handle),
    });
    const result = enter(room, player, join);
    if (result.is === 'refused') return player.close(result.reason);
    player.enter(result.seat, room);
    this.#players.set(handle, player);
    this.#rooms.add(room, handle);
    this.#link.seated(lane, handle, result.id, result.connection);
  }

  from(handle: Handle, payload: Payload): void {
    const player = this.#players.get(handle);
    player?.seat?.receive(payload, player);
  }

  disconnected(handle: Handle, isFinal: boolean): void {
    const player = this.#players.get(handle);
    this.#remove(handle);
    player?.seat?.leave(player, isFinal);
  }

  measured(handle: Handle, time: number): void {
    const player = this.#players.get(handle);
    player?.seat?.measured(time, player);
  }

  /** Reading from the hosts pauses while the link does not keep up with what they send. */
  setLinkKeepsUp(keepsUp: boolean): void {
    this.#rooms.setLinkKeepsUp(keepsUp);
  }

  /** Whether there are clients in this room. */
  has(room: Room): boolean {
    return this.#rooms.has(room);
  }

  /**
   * The room goes to another relay, and its clients follow it: they are not told that it ends here.
   *
   * @returns closes those that have not followed it
   */
  release(room: Room): () => void {
    const handles = this.#rooms.clientsIn(room);
    for (const handle of handles) {
      this.#players.get(handle)?.release();
      this.#remove(handle);
    }
    const lane = room.identity.number;
    return () => {
      for (const handle of handles) this.#link.close(lane, handle, CLOSE_REASONS.restarting);
    };
  }

  /** The link is broken: the players may reconnect. */
  broken(): void {
    for (const handle of [...this.#players.keys()]) this.disconnected(handle, false);
  }

  #remove(handle: Handle): void {
    const room = this.#players.get(handle)?.room;
    this.#players.delete(handle);
    if (room !== undefined) this.#rooms.remove(room, handle);
  }
}

/**
 * Whether a client that was in the room can go on without a new connection. The host has to be asked
 * about what it has received, which happens while it resumes: a player who comes later reconnects. So does
 * one whose seat the room does not know, or who had no seat yet, as far as its relay knows.
 */
export function mayFollow(
  room: Room,
  { connection, key, role }: Pick<Join, 'connection' | 'key' | 'role'>,
): boolean {
  if (role === 'viewer') return true;
  if (room.info.hostConnected || connection === 0) return false;
  return key !== undefined && room.seatWith(key) !== undefined;
}

type Entered =
  | {
      readonly is: 'seated';
      readonly seat: PlayerSeat;
      readonly id: number;
      readonly connection: number;
    }
  | { readonly is: 'refused'; readonly reason: CloseReason };

/** A client that wants to watch is a player in a room without an audience. */
function enter(room: Room, player: RemotePlayer, join: Join): Entered {
  const { key, about, password, allValues, role, connection } = join;
  if (role === 'viewer' && room.audience !== undefined) {
    const result = room.watch(player, { password, allValues });
    if (result.is === 'refused') return result;
    const { viewer } = result;
    const seat: PlayerSeat = {
      heldBytes: 0,
      receive: (payload) => viewer.receive(payload),
      measured() {},
      leave: () => viewer.leave(),
      fail() {},
    };
    return { is: 'seated', seat, id: NO_ID, connection: 0 };
  }
  const request = { key, about, password, allValues };
  const result = room.join(player, connection > 0 ? { ...request, connection } : request);
  if (result.is === 'refused') return result;
  const { seat } = result;
  return { is: 'seated', seat, id: seat.id, connection: seat.connection };
}

interface RemotePlayerContext {
  readonly link: Link;
  readonly lane: number;
  readonly connected: Connected;
  closed(): void;
}

/** A client's connection at another relay. */
class RemotePlayer implements PlayerPeer, ViewerPeer {
  readonly address: string;
  readonly connected: Connected;
  seat: PlayerSeat | undefined;
  room: Room | undefined;
  readonly #handle: Handle;
  readonly #context: RemotePlayerContext;
  #isOpen = true;

  constructor(handle: Handle, address: string | undefined, context: RemotePlayerContext) {
    this.#handle = handle;
    this.address = address ?? '';
    this.#context = context;
    this.connected = context.connected;
  }

  enter(seat: PlayerSeat, room: Room): void {
    this.seat = seat;
    this.room = room;
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

  end(reason: CloseReason): void {
    this.close(reason);
  }

  /** The client follows its room to another relay. */
  release(): void {
    this.#isOpen = false;
  }

  close(reason: CloseReason): void {
    if (!this.#isOpen) return;
    this.#isOpen = false;
    const { link, lane } = this.#context;
    link.close(lane, this.#handle, reason);
    this.#context.closed();
  }
}
