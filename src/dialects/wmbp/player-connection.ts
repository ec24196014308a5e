import type { PlayerRates } from '../../limits/player-throttle.js';
import { CLOSE_REASONS, type CloseReason, isFinal } from '../../protocol/close-codes.js';
import { Payload } from '../../protocol/payload.js';
import type { JoinRequest } from '../../rooms/join-request.js';
import type { PlayerPeer } from '../../rooms/peer.js';
import type { Room } from '../../rooms/room.js';
import type { Seat } from '../../rooms/seat.js';
import { type Link, PauseReason } from '../../transport/connection.js';
import { ThrottledConnection } from '../../transport/throttled-connection.js';

export interface PlayerLimits extends PlayerRates {
  /** The largest send buffer, in bytes; above it, the connection is closed. */
  readonly playerBacklog: number;
}

/** The WebSocket of a player. */
export class PlayerConnection extends ThrottledConnection implements PlayerPeer {
  readonly #limits: PlayerLimits;
  #seat: Seat | undefined;

  constructor(link: Link, limits: PlayerLimits) {
    super(link, limits);
    this.#limits = limits;
  }

  /** Joins the room. If the room refuses the player, closes the connection and returns the reason. */
  join(room: Room, request: JoinRequest): CloseReason | undefined {
    const result = room.join(this, request);
    if (result.is === 'refused') {
      this.close(result.reason);
      return result.reason;
    }
    this.#seat = result.seat;
    return undefined;
  }

  override get bufferedBytes(): number {
    return super.bufferedBytes + (this.#seat?.heldBytes ?? 0);
  }

  send(payload: Payload): void {
    if (this.outbox.open) this.outbox.send(payload);
  }

  setReading(reading: boolean): void {
    if (reading) this.resumeReading(PauseReason.hostBacklog);
    else this.pauseReading(PauseReason.hostBacklog);
  }

  override backlogChanged(bytes: number): void {
    if (bytes > this.#limits.playerBacklog) this.closeAndDrop(CLOSE_REASONS.tooSlow);
  }

  protected override receive(bytes: Uint8Array, binary: boolean): void {
    this.#seat?.receive(new Payload(bytes, !binary), this);
  }

  protected override failed(): void {
    this.#seat?.fail();
  }

  protected override ended(code: number): void {
    super.ended(code);
    this.#seat?.leave(this, isFinal(code));
  }
}
