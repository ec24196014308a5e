import { randomBytes } from 'node:crypto';
import { CLOSE_REASONS, type CloseReason } from '../../protocol/close-codes.js';
import type { Payload } from '../../protocol/payload.js';
import type { RoomCode } from '../../rooms/ids.js';
import type { JoinRequest } from '../../rooms/join-request.js';
import type { PlayerPeer } from '../../rooms/peer.js';
import type { JoinableRoom, PlayerSeat } from '../../rooms/player-seat.js';
import { hashSecret } from '../../rooms/secret.js';
import type { Link } from '../link/link.js';
import type { FrameHandler, Handle, Join } from '../wire/frames.js';

/** A client that the other relay has closed, or whose link is broken. */
export interface ClosedClient {
  readonly code: RoomCode;
  readonly address: string | undefined;
  readonly reason: CloseReason;
  readonly request: JoinRequest;
}

export type ClientClosed = (client: ClosedClient) => void;

/** A client has a seat, is refused, or has left: the other relay has decided about it, or need not. */
export type Decided = (isSeated: boolean) => void;

/**
 * The seats of clients of this relay in rooms of another one: this relay is their edge. Every handle is
 * used once.
 */
export class RemoteSeats
  implements Pick<FrameHandler, 'seated' | 'to' | 'close' | 'setReading' | 'measure'>
{
  readonly #link: Link;
  readonly #closed: ClientClosed;
  readonly #seats = new Map<Handle, RemoteSeat>();
  #lastHandle = 0;

  /** @param closed is told of clients that the other relay has closed */
  constructor(link: Link, closed: ClientClosed = () => {}) {
    this.#link = link;
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
        if (this.#link.isOpen) {
          const seat = this.#join(peer, request, { code, epoch, role }, decided);
          return { is: 'seated', seat };
        }
        decided(false);
        return { is: 'refused', reason: CLOSE_REASONS.restarting };
      },
    };
  }

  seated(handle: Handle): void {
    this.#seats.get(handle)?.seated();
  }

  to(handles: readonly Handle[], payload: Payload): void {
    for (const handle of handles) this.#seats.get(handle)?.peer.send(payload);
  }

  close(handles: readonly Handle[], reason: CloseReason): void {
    for (const handle of handles) this.#end(handle, reason);
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
    for (const handle of [...this.#seats.keys()]) this.#end(handle, CLOSE_REASONS.restarting);
  }

  #join(
    peer: PlayerPeer,
    request: JoinRequest,
    { code, epoch, role }: Pick<Join, 'code' | 'epoch' | 'role'>,
    decided: Decided,
  ): RemoteSeat {
    this.#lastHandle++;
    const handle = this.#lastHandle;
    const seat = new RemoteSeat(handle, peer, {
      link: this.#link,
      // The player has no key to reconnect with.
      isAlwaysFinal: request.key === undefined,
      decided,
      ended: () => void this.#seats.delete(handle),
      closed: (reason) => this.#closed({ code, address: peer.address, reason, request }),
    });
    this.#seats.set(handle, seat);
    const { key = drawKey(), about, password, allValues } = request;
    const isKeyDrawn = request.key === undefined;
    const client = { key, isKeyDrawn, about, password, allValues, address: peer.address };
    this.#link.join(handle, { code, epoch, role, ...client });
    if (!this.#link.keepsUp) seat.setLinkKeepsUp(false);
    return seat;
  }

  #end(handle: Handle, reason: CloseReason): void {
    const seat = this.#seats.get(handle);
    this.#seats.delete(handle);
    seat?.end(reason);
  }
}

/** A key that nobody knows. */
function drawKey() {
  return hashSecret(randomBytes(16).toString('base64url'));
}

interface RemoteSeatContext {
  readonly link: Link;
  readonly isAlwaysFinal: boolean;
  readonly decided: Decided;
  ended(): void;
  closed(reason: CloseReason): void;
}

class RemoteSeat implements PlayerSeat {
  readonly heldBytes = 0;
  readonly peer: PlayerPeer;
  readonly #handle: Handle;
  readonly #context: RemoteSeatContext;
  #isOpen = true;
  #hostReads = true;
  #linkKeepsUp = true;

  constructor(handle: Handle, peer: PlayerPeer, context: RemoteSeatContext) {
    this.#handle = handle;
    this.peer = peer;
    this.#context = context;
  }

  seated(): void {
    this.#context.decided(true);
  }

  receive(payload: Payload): void {
    if (this.#isOpen) this.#context.link.from(this.#handle, payload);
  }

  measured(time: number): void {
    if (this.#isOpen) this.#context.link.measured(this.#handle, time);
  }

  leave(_by: PlayerPeer, isFinal: boolean): void {
    if (!this.#isOpen) return;
    this.#isOpen = false;
    this.#context.ended();
    this.#context.decided(false);
    this.#context.link.disconnected(this.#handle, isFinal || this.#context.isAlwaysFinal);
  }

  /** The room may have missed a message, so the player cannot stay. */
  fail(): void {
    this.peer.close(CLOSE_REASONS.internalError);
  }

  setHostReads(reads: boolean): void {
    this.#hostReads = reads;
    this.#updateReading();
  }

  setLinkKeepsUp(keepsUp: boolean): void {
    this.#linkKeepsUp = keepsUp;
    this.#updateReading();
  }

  /** The room has closed the connection, or the link is broken. */
  end(reason: CloseReason): void {
    this.#isOpen = false;
    this.#context.closed(reason);
    this.#context.decided(false);
    this.peer.close(reason);
  }

  #updateReading(): void {
    this.peer.setReading(this.#hostReads && this.#linkKeepsUp);
  }
}
