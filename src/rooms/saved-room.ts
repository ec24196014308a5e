import type { Features } from './features.js';
import type { PlayerId, RoomCode } from './ids.js';
import type { SecretHash } from './secret.js';

/** The saved state of a room: its settings, seats and values, but no messages. */
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
  /** Hashes of addresses from which nobody can join; missing if there are none. */
  readonly bannedAddresses?: readonly SecretHash[];
  /** Missing for a plain room. */
  readonly features?: Features;
  /** The ids of players about whom the host was asked; missing if there were none. */
  readonly asking?: readonly PlayerId[];
  /** In the order in which they were last set; missing if there are none. */
  readonly values?: readonly SavedValue[];
  /** The choices of the poll that runs. */
  readonly poll?: readonly string[];
}

export interface SavedSeat {
  readonly id: PlayerId;
  /** `null` for a player who cannot reconnect. */
  readonly key: SecretHash | null;
  readonly away: boolean;
  /** The number of the latest connection; missing if it is the first. */
  readonly connection?: number;
  /** What the player says about itself. */
  readonly about?: string;
  /** The version of the latest value that a disconnected player has seen; missing if none. */
  readonly seen?: number;
}

/** A value that late players get. It has either `text` or `bytes`. */
export interface SavedValue {
  readonly key: string;
  /** Missing for a value for everybody or for the audience. */
  readonly player?: PlayerId;
  /** Whether it is for the audience. */
  readonly audience?: true;
  /** Whether only those who ask for all values get it. */
  readonly later?: true;
  /** Grows in the order in which values were set, from 1. */
  readonly version: number;
  readonly text?: string;
  /** In base64. */
  readonly bytes?: string;
}
