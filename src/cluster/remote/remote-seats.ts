import { CLOSE_REASONS, type CloseReason } from '../../protocol/close-codes.js';
import type { Payload } from '../../protocol/payload.js';
import type { RoomCode } from '../../rooms/ids.js';
import type { JoinRequest } from '../../rooms/join-request.js';
import type { JoinableRoom } from '../../rooms/player-seat.js';
import type { Link } from '../link/link.js';
import type { FrameHandler, Handle, Join } from '../wire/frames.js';
import { type Decided, RemoteSeat, type SeatLine } from './remote-seat.js';
import { SeatsByRoom } from './seats-by-room.js';

/** A client that the other relay has closed, or whose link is broken. */
export interface ClosedClient {
  readonly code: RoomCode;
  readonly address: string | undefined;
  readonly reason: CloseReason;
  readonly request: JoinRequest;
}

export type ClientClosed = (client: ClosedClient) => void;

/**
 * The seats of clients of this relay in rooms of another one: this relay is their edge. Every handle is
 * used once.
 */
export class RemoteSeats
  implements Pick<FrameHandler, 'seated' | 'to' | 'close' | 'setReading' | 'measure'>
{
  readonly #link: Link;
  readonly #closed: ClientClosed;
  readonly #now: () => number;
  readonly #seats = new Map<Handle, RemoteSeat>();
  readonly #byRoom = new SeatsByRoom();
  #lastHandle = 0;

  /**
   * @param now the clock of this relay, in milliseconds
   * @param closed is told of clients that the other relay has closed
   */
  constructor(link: Link, now: () => number, closed: ClientClosed = () => {}) {
    this.#link = link;
    this.#now = now;
    this.#closed = closed;
  }

  get size(): number {
    return this.#seats.size;
  }

  /**
   * A room of the other relay. Joining it takes no round trip: a refusal is a close.
   *
   * @param decided is called at least once for each client that joins
   */
  room(
    code: RoomCode,
    epoch: number,
    role: Join['role'] = 'player',
    decided: Decided = () => {},
  ): JoinableRoom {
    return {
      join: (peer, request) => {
        if (!this.#link.isOpen) {
          decided(false);
          return { is: 'refused', reason: CLOSE_REASONS.restarting };
        }
        const closed = ({ peer, wants }: RemoteSeat, reason: CloseReason): void =>
          this.#closed({ ...wants, address: peer.address, reason });
        const seat = new RemoteSeat(
          peer,
          { code, epoch, role, request, at: peer.connected?.earliest ?? this.#now() },
          { decided, closed },
        );
        this.#add(seat, seat.join(epoch, false));
        return { is: 'seated', seat };
      },
    };
  }

  /** The room of this seat has moved to the other relay. */
  follow(seat: RemoteSeat, epoch: number): void {
    this.#add(seat, seat.join(epoch, true));
  }

  /** The seats in a room, which has moved, or in all rooms. The caller gives them another line. */
  seatsIn(code?: RoomCode): RemoteSeat[] {
    return code === undefined ? [...this.#seats.values()] : this.#byRoom.of(code);
  }

  seated(handle: Handle, _id: number, connection: number): void {
    this.#seats.get(handle)?.seated(connection);
  }

  to(handles: readonly Handle[], payload: Payload): void {
    for (const handle of handles) this.#seats.get(handle)?.peer.send(payload);
  }

  close(handles: readonly Handle[], reason: CloseReason): void {
    for (const handle of handles) this.#seats.get(handle)?.end(reason);
  }

  setReading(handles: readonly Handle[], reading: boolean): void {
    for (const handle of handles) this.#seats.get(handle)?.setHostReads(reading);
  }

  measure(handles: readonly Handle[]): void {
    for (const handle of handles) this.#seats.get(handle)?.peer.measure?.();
  }

  /** Reading from all clients of the link pauses while it does not keep up. */
  setLinkKeepsUp(keepsUp: boolean): void {
    for (const seat of this.#seats.values()) seat.setLinkKeepsUp(keepsUp);
  }

  /** The link is broken: all clients reconnect. */
  broken(): void {
    for (const seat of [...this.#seats.values()]) seat.end(CLOSE_REASONS.restarting);
  }

  #add(seat: RemoteSeat, join: Join): void {
    const handle = ++this.#lastHandle;
    this.#link.join(handle, join);
    this.#seats.set(handle, seat);
    this.#byRoom.add(seat);
    seat.connect(this.#line(handle), join.epoch, () => {
      this.#seats.delete(handle);
      this.#byRoom.remove(seat);
    });
    if (!this.#link.keepsUp) seat.setLinkKeepsUp(false);
  }

  #line(handle: Handle): SeatLine {
    const link = this.#link;
    return {
      from: (payload) => link.from(handle, payload),
      measured: (time) => link.measured(handle, time),
      disconnected: (isFinal) => link.disconnected(handle, isFinal),
    };
  }
}
