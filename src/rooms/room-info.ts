import type { Features, ListingChanges } from './features.js';
import type { HostOfflineBuffer } from './host-offline-buffer.js';
import type { PlayerId, RoomCode } from './ids.js';
import type { OfflineBuffer } from './offline-buffer.js';

/** What identifies a room. It never changes. */
export interface RoomIdentity {
  /** `NO_CODE` for a room without a code. */
  readonly code: RoomCode;
  /** The dialect of the room, if that identifies rooms by names of its own. */
  readonly dialect?: string;
  /** Identifies the room in the log, because everybody who knows its code can join; from 1. */
  readonly number: number;
  /** By `performance.now()`. */
  readonly openedAt: number;
}

/** What a host requests when it opens a room. */
export interface RoomSettings {
  /** `GET /CODE` returns it; `""` for none. */
  readonly name: string;
  /** The most players at once, at least 1; bounded by the relay's own limit. */
  readonly maxPlayers: number;
  /** How long the room waits for disconnected peers, in seconds; 0 for no reconnect window. */
  readonly reconnectWindow: number;
  /** The code that the host has chosen; the room has another one if it cannot have this one. */
  readonly code?: string | undefined;
  /** What the host requests beyond a plain room. */
  readonly features?: Features | undefined;
}

/** What a host can change later; missing fields stay as they are. */
export interface RoomChanges extends ListingChanges {
  readonly name?: string;
  readonly maxPlayers?: number;
  /** Whether nobody can join. */
  readonly started?: boolean;
}

/** What everybody who knows the code of a room may know. */
export interface RoomInfo {
  readonly code: RoomCode;
  readonly name: string;
  /** How many players it has, including disconnected ones. */
  readonly players: number;
  readonly maxPlayers: number;
  /** Whether somebody who knows the code can join now. */
  readonly acceptsPlayers: boolean;
  readonly hostConnected: boolean;
}

/** What the host of a room may know. */
export interface RoomSnapshot {
  readonly name: string;
  /** All players, in the order in which they joined. */
  readonly players: readonly PlayerId[];
  readonly maxPlayers: number;
  /** Whether somebody who knows the code can join now. */
  readonly acceptsPlayers: boolean;
  /** Those of `players` who are disconnected; only in a room with a reconnect window. */
  readonly disconnected?: readonly PlayerId[];
  /** The players about whom the host is asked; only in a room that has this feature. */
  readonly asking?: readonly PlayerId[];
}

/** What a player says about itself. */
export interface PlayerAbout {
  readonly player: PlayerId;
  readonly about: string;
}

/** The buffers of the disconnected peers of a room. */
export interface OfflineBuffers {
  readonly players: OfflineBuffer[];
  readonly host: HostOfflineBuffer | undefined;
}
