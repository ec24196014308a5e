import type { PlayerId, RoomCode } from './ids.js';
import type { SecretHash } from './secret.js';

/** What of a room outlives the process: who sits where, and no payload. */
export interface SavedRoom {
  readonly code: RoomCode;
  readonly name: string;
  readonly maxPlayers: number;
  readonly started: boolean;
  /** In seconds. */
  readonly hold: number;
  readonly resume: SecretHash;
  /** The last player who joined; `null` if nobody did. */
  readonly lastId: PlayerId | null;
  readonly seats: readonly SavedSeat[];
  /** Keys of players who were kicked. */
  readonly banned: readonly SecretHash[];
}

export interface SavedSeat {
  readonly id: PlayerId;
  /** `null` for a player who cannot come back. */
  readonly key: SecretHash | null;
  readonly away: boolean;
}
