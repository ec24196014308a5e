import type { CloseReason } from '../protocol/close-codes.js';
import type { Payload } from '../protocol/payload.js';
import type { JoinRequest } from './join-request.js';
import type { PlayerPeer } from './peer.js';

/** A player's seat, as its connection uses it. The room is of this relay, or of another one. */
export interface PlayerSeat {
  /** How much of what the player has sent is held, in bytes. */
  readonly heldBytes: number;
  receive(payload: Payload, by: PlayerPeer): void;
  /** The round-trip time, in milliseconds. */
  measured(time: number, by: PlayerPeer): void;
  leave(by: PlayerPeer, isFinal: boolean): void;
  /** Serving the player has thrown an exception. */
  fail(): void;
}

/** A room that players join. */
export interface JoinableRoom {
  join(
    peer: PlayerPeer,
    request: JoinRequest,
  ):
    | { readonly is: 'seated'; readonly seat: PlayerSeat }
    | { readonly is: 'refused'; readonly reason: CloseReason };
}
