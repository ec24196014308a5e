import type { PlayerId, RoomCode } from './ids.js';

/** A player joined, left, disconnected or reconnected. */
export type PresenceEvent =
  | {
      readonly type: 'playerJoined';
      readonly player: PlayerId;
      /** What the player says about itself; only if the room has that feature. */
      readonly about?: string;
    }
  | { readonly type: 'playerLeft'; readonly player: PlayerId }
  /** The player's connection is lost, and the player may reconnect. */
  | { readonly type: 'playerDisconnected'; readonly player: PlayerId }
  | {
      readonly type: 'playerReconnected';
      readonly player: PlayerId;
      /** How many messages were dropped because the offline buffer was full. */
      readonly missed: number;
      /** What the player says about itself now, if that has changed. */
      readonly about?: string;
    };

/** The state of the audience. Each event replaces the one before, so a disconnected host misses none. */
export type AudienceEvent =
  | { readonly type: 'audienceChanged'; readonly count: number }
  /** How many viewers have chosen each choice of the poll, in the order of the choices. */
  | { readonly type: 'tallied'; readonly counts: readonly number[] };

/**
 * An event that a room sends to its host. It belongs to no protocol: each dialect turns events into
 * messages of its own.
 */
export type RoomEvent =
  | PresenceEvent
  /** The host is asked whether this player may join. `playerJoined` or `playerLeft` follows. */
  | {
      readonly type: 'playerAsks';
      readonly player: PlayerId;
      /** What the player says about itself; only if the room has that feature. */
      readonly about?: string;
    }
  | AudienceEvent
  /** A connected player says something else about itself. */
  | { readonly type: 'aboutChanged'; readonly player: PlayerId; readonly about: string }
  /** The round-trip times of connected players, in milliseconds. */
  | {
      readonly type: 'timesMeasured';
      readonly times: readonly (readonly [player: PlayerId, time: number])[];
    }
  /** This host has resumed the room. The events and messages that it missed follow. */
  | { readonly type: 'hostResumed'; readonly code: RoomCode; readonly token: string };
