import type { CloseReason } from '../protocol/close-codes.js';
import type { FeatureLimits } from './features.js';
import type { ReconnectContext } from './reconnect-window.js';
import type { SeatIndex } from './seat-index.js';
import type { ValueLimits } from './values.js';

/** What rooms of this type need from their surroundings. */
export interface ContextOf<Room> extends ReconnectContext, ValueLimits, FeatureLimits {
  /** The most players that any room may have. */
  readonly maxPlayers: number;
  /** Where keys have seats; `undefined` if nobody looks for a key without knowing the room. */
  readonly seatIndex?: SeatIndex | undefined;
  /** The saved state of the room has changed. */
  changed(room: Room): void;
  /** The host keeps up again, or no more: whether players can join. */
  hostPaceChanged(room: Room): void;
  hostDisconnected(room: Room): void;
  hostResumed(room: Room): void;
  ended(room: Room, reason: CloseReason): void;
}
