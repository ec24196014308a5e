import { CLOSINGS, type Closing } from '../protocol/close-codes.js';
import type { Payload } from '../protocol/payload.js';
import { AwayPlayer } from './away-player.js';
import type { PlayerId } from './ids.js';
import type { PlayerPeer } from './peer.js';
import type { SecretHash } from './secret.js';

/** What a seat needs of its room. */
export interface SeatKeeper {
  receive(from: Seat, payload: Payload): void;
  leave(seat: Seat, forGood: boolean): void;
  end(closing: Closing): void;
}

/**
 * A player's place in a room. Connections come and go under it: whatever one that is not the seat's
 * any more still says changes nothing.
 */
export class Seat {
  /** False once the player was kicked, left, or the room ended: what still comes is dropped. */
  taken = true;
  /** The last delivery that reached this seat, so that an id listed twice gets a message once. */
  delivery = 0;
  /** Ends the wait for a player who is away. */
  stopWaiting: (() => void) | undefined;

  constructor(
    readonly id: PlayerId,
    /** Who sits here now. */
    public peer: PlayerPeer,
    private readonly room: SeatKeeper,
    /** By what the player is known again; without it, the seat ends with the connection. */
    readonly key?: SecretHash,
  ) {}

  /** Who keeps what comes while the player is away; `undefined` while the player is here. */
  get away(): AwayPlayer | undefined {
    return this.peer instanceof AwayPlayer ? this.peer : undefined;
  }

  /** A message to the host, by this peer of the player's. */
  receive(payload: Payload, by: PlayerPeer): void {
    if (this.taken && this.peer === by) this.room.receive(this, payload);
  }

  /**
   * This peer's connection has ended. Saying so twice, or after a kick, changes nothing.
   *
   * @param forGood whether the player does not want to come back, or must not
   */
  leave(peer: PlayerPeer, forGood: boolean): void {
    if (this.taken && this.peer === peer) this.room.leave(this, forGood);
  }

  /** Serving the player has thrown, so the room cannot be trusted any more. */
  fail(): void {
    this.room.end(CLOSINGS.internalError);
  }
}
