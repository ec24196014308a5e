import { CLOSINGS, type Closing } from '../protocol/close-codes.js';
import type { Payload } from '../protocol/payload.js';
import type { PlayerId } from './ids.js';
import type { PlayerPeer } from './peer.js';

/** What a seat needs of its room. */
export interface SeatKeeper {
  receive(from: Seat, payload: Payload): void;
  leave(seat: Seat): void;
  end(closing: Closing): void;
}

/** A player's place in a room, and the way in for what that player sends. */
export class Seat {
  /** False once the player was kicked, left, or the room ended: what still comes is dropped. */
  taken = true;
  /** The last delivery that reached this seat, so that an id listed twice gets a message once. */
  delivery = 0;

  constructor(
    readonly id: PlayerId,
    readonly peer: PlayerPeer,
    private readonly room: SeatKeeper,
  ) {}

  /** A message from the player to the host. */
  receive(payload: Payload): void {
    this.room.receive(this, payload);
  }

  /** The player's connection has ended. Saying so twice, or after a kick, changes nothing. */
  leave(): void {
    this.room.leave(this);
  }

  /** Serving the player has thrown, so the room cannot be trusted any more. */
  fail(): void {
    this.room.end(CLOSINGS.internalError);
  }
}
