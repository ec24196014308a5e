import type { PlayerRates } from '../../limits/player-throttle.js';
import { CLOSE_REASONS, type CloseReason, isFinal } from '../../protocol/close-codes.js';
import { PING } from '../../protocol/frame.js';
import { Payload } from '../../protocol/payload.js';
import { connectedNow } from '../../rooms/connected.js';
import type { JoinRequest } from '../../rooms/join-request.js';
import type { PlayerPeer } from '../../rooms/peer.js';
import type { JoinableRoom, PlayerSeat } from '../../rooms/player-seat.js';
import type { Link } from '../../transport/connection.js';
import { PauseReason } from '../../transport/pause-reason.js';
import { RoundTrip } from '../../transport/round-trip.js';
import { ThrottledConnection } from '../../transport/throttled-connection.js';

export interface PlayerLimits extends PlayerRates {
  /** The largest send buffer, in bytes; above it, the connection is closed. */
  readonly playerBacklog: number;
}

/** The WebSocket of a player. */
export class PlayerConnection extends ThrottledConnection implements PlayerPeer {
  readonly connected = connectedNow();
  readonly #limits: PlayerLimits;
  #seat: PlayerSeat | undefined;
  /** Only in a room whose host gets round-trip times. */
  #roundTrip: RoundTrip | undefined;

  constructor(link: Link, limits: PlayerLimits) {
    super(link, limits);
    this.#limits = limits;
  }

  /** Joins the room. If the room refuses the player, closes the connection and returns the reason. */
  join(room: JoinableRoom, request: JoinRequest): CloseReason | undefined {
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

  measure(): void {
    // A ping would wait behind the backlog, and while reading is paused no answer can arrive.
    if (this.isPaused || this.outbox.backlog > 0) return;
    this.#roundTrip ??= new RoundTrip();
    this.sendControl(PING, this.#roundTrip.start(performance.now()));
  }

  override ponged(data: Buffer): void {
    super.ponged(data);
    const time = this.#roundTrip?.end(data, performance.now());
    if (time !== undefined) this.#seat?.measured(time, this);
  }

  setReading(reading: boolean): void {
    if (!reading) this.#roundTrip?.cancel();
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
