import type { Closing } from '../protocol/close-codes.js';
import type { HostEvent, StateEvent } from '../protocol/messages.js';
import type { Payload } from '../protocol/payload.js';
import type { PlayerId } from './ids.js';

/*
 * What a room sees of the outside. A WebSocket is one kind of peer; a test double is another.
 *
 * All calls return at once and never throw. What was sent before `close` arrives before it; what
 * is sent after it goes nowhere.
 */

/** One player, as a room reaches it. */
export interface PlayerPeer {
  send(payload: Payload): void;
  /** Stops or goes on reading what the player sends: its host does not keep up. */
  setReading(reading: boolean): void;
  close(closing: Closing): void;
}

/** The game, as a room reaches it. */
export interface HostPeer {
  event(event: HostEvent): void;
  /**
   * The room has changed by itself. Tells the state as it then is, once for all changes until
   * then: before any event but `player_joined` and `player_left`, and at the end of this turn of
   * the event loop at the latest.
   */
  changed(state: () => StateEvent): void;
  /** A player's message: the payload path. */
  message(from: PlayerId, payload: Payload): void;
  close(closing: Closing): void;
}
