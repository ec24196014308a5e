import type { CloseReason } from '../protocol/close-codes.js';
import type { Payload } from '../protocol/payload.js';
import type { Connected } from './connected.js';
import type { PlayerId } from './ids.js';
import type { RoomEvent } from './room-event.js';

/*
 * The interface of a room to hosts and players. A WebSocket connection is one kind of peer, a test
 * double is another. Arguments are plain data, so that every call could cross to another process.
 *
 * All calls return at once and never throw. Messages sent before `close` arrive before it; messages
 * sent after it are dropped.
 */

/** A player's connection, as a room uses it. */
export interface PlayerPeer {
  /** The client's address, under which a disconnected player counts and is banned; `undefined` if unknown. */
  readonly address?: string;
  /** When the client connected; now if it is missing. */
  readonly connected?: Connected;
  send(payload: Payload): void;
  /** Measures the round-trip time to the player, for `Seat.measured`. Peers may not support it. */
  measure?(): void;
  /** Pauses or resumes reading from the player, because its host does not keep up. */
  setReading(reading: boolean): void;
  close(reason: CloseReason): void;
}

/** A host's connection, as a room uses it. */
export interface HostPeer {
  /** The client's address, under which a disconnected host counts; `undefined` if unknown. */
  readonly address?: string;
  event(event: RoomEvent): void;
  /**
   * Pauses or resumes reading from the host, because a link to another relay, which has some of its
   * players, does not keep up. Peers may not support it.
   */
  setReading?(reading: boolean): void;
  /** A message from a player: the payload path. */
  message(from: PlayerId, payload: Payload): void;
  close(reason: CloseReason): void;
}
