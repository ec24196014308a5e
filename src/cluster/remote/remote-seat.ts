import { randomBytes } from 'node:crypto';
import { CLOSE_REASONS, type CloseReason } from '../../protocol/close-codes.js';
import type { Payload } from '../../protocol/payload.js';
import { HeldMessages } from '../../rooms/held-messages.js';
import type { RoomCode } from '../../rooms/ids.js';
import type { JoinRequest } from '../../rooms/join-request.js';
import type { PlayerPeer } from '../../rooms/peer.js';
import type { PlayerSeat } from '../../rooms/player-seat.js';
import { hashSecret } from '../../rooms/secret.js';
import type { Join } from '../wire/frames.js';

/** A client has a seat, is refused, or has left: the other relay has decided about it, or need not. */
export type Decided = (isSeated: boolean) => void;

/** Where what the client of a seat says goes. */
export interface SeatLine {
  from(payload: Payload): void;
  measured(time: number): void;
  disconnected(isFinal: boolean): void;
}

/** What a client wants in a room of another relay. */
export interface RemoteRequest {
  readonly code: RoomCode;
  /** The epoch of the room that this relay knows. */
  readonly epoch: number;
  readonly role: Join['role'];
  readonly request: JoinRequest;
  /** When the client connected, in milliseconds of this relay's clock. */
  readonly at: number;
}

export interface RemoteSeatContext {
  /** Is called at least once. */
  readonly decided: Decided;
  /** The other relay has closed the client. */
  closed(seat: RemoteSeat, reason: CloseReason): void;
}

/**
 * The seat of a client of this relay in a room of another one. It outlives the relay with the room: while
 * the room moves, the seat has no line, and holds what the client says.
 */
export class RemoteSeat implements PlayerSeat {
  readonly peer: PlayerPeer;
  readonly wants: RemoteRequest;
  /** The epoch of the room that the client is in; 0 before it is in any. */
  epoch = 0;
  /** Whether the room has moved, and the client has followed it. */
  hasFollowed = false;
  readonly #context: RemoteSeatContext;
  /** A key that nobody knows, if the client has none: it has to be recognized when the room moves. */
  readonly #key: JoinRequest['key'];
  /** The number of the connection in its seat; 0 before it has one. */
  #connection = 0;
  /** Is called when the seat ends, or gets another line. */
  #detach: (() => void) | undefined;
  #line: SeatLine | undefined;
  #held: HeldMessages | undefined;
  #isOpen = true;
  #hostReads = true;
  #linkKeepsUp = true;
  #isReading = true;

  constructor(peer: PlayerPeer, wants: RemoteRequest, context: RemoteSeatContext) {
    this.peer = peer;
    this.wants = wants;
    this.#context = context;
    this.#key = wants.request.key ?? hashSecret(randomBytes(16).toString('base64url'));
  }

  get heldBytes(): number {
    return this.#held?.bytes ?? 0;
  }

  /**
   * What the relay with the room is asked for.
   *
   * @param epoch the epoch of the room there
   * @param follows whether the room has moved there
   */
  join(epoch: number, follows: boolean): Join {
    const { at, code, role, request } = this.wants;
    const { about, password, allValues } = request;
    const isKeyDrawn = request.key === undefined;
    // What the client has received of the room's last values is not known.
    const values = { allValues: allValues || follows };
    const { address } = this.peer;
    return {
      code,
      epoch,
      role,
      at: at >>> 0,
      connection: follows ? this.#connection : 0,
      key: this.#key,
      isKeyDrawn,
      follows,
      about,
      password,
      address,
      ...values,
    };
  }

  /**
   * The client speaks to the room by this line, beginning with what it has said meanwhile.
   *
   * @param epoch the epoch of the room there
   * @param detach is called when the seat ends, or loses the line
   */
  connect(line: SeatLine, epoch: number, detach: () => void): void {
    this.#loseLine();
    this.hasFollowed = this.epoch > 0;
    this.epoch = epoch;
    this.#detach = detach;
    this.#line = line;
    this.#hostReads = true;
    this.#linkKeepsUp = true;
    for (const payload of this.#held?.takeAll() ?? []) line.from(payload);
    this.#held = undefined;
    this.#updateReading();
  }

  /**
   * The room is at no relay. What the client says is held; TCP holds what does not fit. Reading continues
   * until then: otherwise the relay would not notice that the client has left.
   */
  disconnect(detach: () => void): void {
    this.#loseLine();
    this.#detach = detach;
    this.#held ??= new HeldMessages();
    this.#updateReading();
  }

  seated(connection: number): void {
    this.#connection = connection;
    this.#context.decided(true);
  }

  receive(payload: Payload): void {
    if (!this.#isOpen) return;
    if (this.#line !== undefined) this.#line.from(payload);
    else this.#hold(payload);
  }

  measured(time: number): void {
    if (this.#isOpen) this.#line?.measured(time);
  }

  leave(_by: PlayerPeer, isFinal: boolean): void {
    if (!this.#isOpen) return;
    this.#isOpen = false;
    const line = this.#line;
    this.#loseLine();
    this.#context.decided(false);
    // A client without a key cannot reconnect.
    line?.disconnected(isFinal || this.wants.request.key === undefined);
  }

  /** The room may have missed a message, so the client cannot stay. */
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

  /** The room has closed the connection, or does not come back. */
  end(reason: CloseReason): void {
    if (!this.#isOpen) return;
    this.#isOpen = false;
    this.#loseLine();
    this.#context.closed(this, reason);
    this.#context.decided(false);
    this.peer.close(reason);
  }

  #loseLine(): void {
    const detach = this.#detach;
    this.#detach = undefined;
    this.#line = undefined;
    detach?.();
  }

  #hold(payload: Payload): void {
    this.#held?.add(payload);
    this.#updateReading();
  }

  #updateReading(): void {
    const isReading =
      this.#line === undefined ? !this.#held?.isFull : this.#hostReads && this.#linkKeepsUp;
    if (isReading === this.#isReading) return;
    this.#isReading = isReading;
    this.peer.setReading(isReading);
  }
}
