import type { CloseReason } from '../../protocol/close-codes.js';
import type { Payload } from '../../protocol/payload.js';
import type { RoomCode } from '../../rooms/ids.js';
import type { SeatKey } from '../../rooms/seat-key.js';

/** The number of a WebSocket at the relay that has it. It is never used again on the same link. */
export type Handle = number;

/** A client asks for a seat, or to watch, in a room of the other relay. */
export interface Join {
  readonly code: RoomCode;
  /** The epoch of the room that the sender knows. */
  readonly epoch: number;
  readonly role: 'player' | 'viewer';
  /** When the client connected, in milliseconds of the sender's clock, which wraps at 2^32. */
  readonly at: number;
  /**
   * The number of the connection in its seat, if it follows a room: see `Seat.connection`. 0 if it is a new
   * connection, or one that had no seat yet.
   */
  readonly connection: number;
  readonly key?: SeatKey | undefined;
  /** Whether the client has been in the room, which was at another relay before. */
  readonly follows?: boolean | undefined;
  /** Whether the relay has drawn the key, because the player has none. */
  readonly isKeyDrawn?: boolean | undefined;
  readonly about?: string | undefined;
  readonly password?: string | undefined;
  readonly allValues?: boolean | undefined;
  /** The client's address, under which it counts and is banned. */
  readonly address?: string | undefined;
}

/**
 * Takes the frames of the other end of a link, in order. `from…` and `join` are of clients that are
 * connected to the other relay; `to…` and `close` are for those that are connected to this one.
 */
export interface FrameHandler {
  join(handle: Handle, join: Join): void;
  from(handle: Handle, payload: Payload): void;
  /** The connection has ended; `isFinal` if the client will not reconnect. */
  disconnected(handle: Handle, isFinal: boolean): void;
  /** A round-trip time, in milliseconds. */
  measured(handle: Handle, time: number): void;
  /**
   * @param id 0 for a viewer
   * @param connection the number of the connection in its seat; 0 for a viewer
   */
  seated(handle: Handle, id: number, connection: number): void;
  to(handles: readonly Handle[], payload: Payload): void;
  close(handles: readonly Handle[], reason: CloseReason): void;
  setReading(handles: readonly Handle[], reading: boolean): void;
  measure(handles: readonly Handle[]): void;
}

/** Ignores all frames. */
export const IGNORES_FRAMES: FrameHandler = {
  join() {},
  from() {},
  disconnected() {},
  measured() {},
  seated() {},
  to() {},
  close() {},
  setReading() {},
  measure() {},
};

/** What the other end has sent is not a valid batch, or breaks the rules of the link. */
export class WireError extends Error {
  override readonly name = 'WireError';
}
