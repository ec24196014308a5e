import type { Features } from './features.js';
import type { PlayerId, RoomCode } from './ids.js';
import type { SecretHash } from './secret.js';

/** The saved state of a room: its settings and its seats, but no messages. */
export interface SavedRoom {
  readonly code: RoomCode;
  readonly name: string;
  readonly maxPlayers: number;
  readonly started: boolean;
  /** The reconnect window, in seconds. */
  readonly hold: number;
  readonly resume: SecretHash;
  /** The id of the last player who joined; `null` if nobody has. */
  readonly lastId: PlayerId | null;
  readonly seats: readonly SavedSeat[];
  /** Keys of players who were kicked. */
  readonly banned: readonly SecretHash[];
  /** Missing for a plain room. */
  readonly features?: Features;
  /** The ids of players about whom the host was asked; missing if there were none. */
  readonly asking?: readonly PlayerId[];
}

export interface SavedSeat {
  readonly id: PlayerId;
  /** `null` for a player who cannot reconnect. */
  readonly key: SecretHash | null;
  readonly away: boolean;
  /** What the player says about itself. */
  readonly about?: string;
}
