import { CLOSINGS, type Closing, isFinal } from '../protocol/close-codes.js';
import { Payload } from '../protocol/payload.js';
import type { PlayerPeer } from '../rooms/peer.js';
import { Seat } from '../rooms/seat.js';
import { Connection, HOLD, type Link } from './connection.js';
import { type PlayerRates, Throttle } from './throttle.js';

export interface PlayerLimits extends PlayerRates {
  /** Most that waits for the player, in bytes; with more it is cut. */
  readonly playerBacklog: number;
}

/** A phone: seated in a room, or closed with the reason why not. */
export class PlayerConnection extends Connection implements PlayerPeer {
  /** Why there was no seat, if there was none. */
  readonly refusal: Closing | undefined;
  readonly #limits: PlayerLimits;
  readonly #seat: Seat | undefined;
  #throttle: Throttle | undefined;
  #pause: NodeJS.Timeout | undefined;

  /** @param sitDown asks for a seat for this peer; gives the reason why there is none */
  constructor(link: Link, sitDown: (player: PlayerPeer) => Seat | Closing, limits: PlayerLimits) {
    super(link);
    this.#limits = limits;
    const seat = sitDown(this);
    if (seat instanceof Seat) {
      this.#seat = seat;
    } else {
      this.refusal = seat;
      this.close(seat);
    }
  }

  send(payload: Payload): void {
    if (this.outbox.open) this.outbox.send(payload);
  }

  setReading(reading: boolean): void {
    if (reading) this.release(HOLD.host);
    else this.hold(HOLD.host);
  }

  override backlogChanged(bytes: number): void {
    if (bytes > this.#limits.playerBacklog) this.cut(CLOSINGS.tooSlow);
  }

  protected override receive(bytes: Buffer, binary: boolean): void {
    this.#seat?.receive(new Payload(bytes, !binary), this);
  }

  protected override served(bytes: number): void {
    this.#throttle ??= new Throttle(this.#limits);
    const wait = this.#throttle.spend(bytes);
    if (wait > 0) this.#pauseFor(wait);
  }

  protected override failed(): void {
    this.#seat?.fail();
  }

  protected override ended(code: number): void {
    clearTimeout(this.#pause);
    this.#seat?.leave(this, isFinal(code));
  }

  /** Slows the player down by not reading. Nothing is dropped. */
  #pauseFor(milliseconds: number): void {
    if (this.#pause !== undefined || !this.outbox.open) return;
    this.hold(HOLD.rate);
    this.#pause = setTimeout(() => {
      this.#pause = undefined;
      this.release(HOLD.rate);
    }, milliseconds);
  }
}
