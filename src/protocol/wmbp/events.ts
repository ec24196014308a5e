import type { ErrorCode } from './error-codes.js';
import type { FeatureName } from './features.js';

/** The room as its host sees it. */
export interface StateEvent {
  readonly cmd: 'state';
  readonly name: string;
  /** Ids of the players in the room, in the order in which they joined. */
  readonly players: readonly number[];
  readonly max_players: number;
  /** Whether players can join now: the room is prepared, not started and not full. */
  readonly accept_conns: boolean;
  /** Those of `players` who are disconnected; only in a room with a reconnect window. */
  readonly away?: readonly number[];
  /** Players who ask to join; only in a room whose host is asked. */
  readonly asking?: readonly number[];
}

/** The answer to `prepare`. */
export interface PrepareReply {
  readonly cmd: 'prepare_reply';
  readonly key: string;
  /** The token with which the host resumes the room; only with a reconnect window. */
  readonly resume?: string;
  /** The host has just resumed the room. */
  readonly resumed?: true;
  /** The largest messages that this host and its players may send; only with `?limits=1`. */
  readonly max_message?: number;
  readonly max_player_message?: number;
  /** The features of the room; only for a host that has requested any. */
  readonly with?: readonly FeatureName[];
}

/** Every event that the relay sends to a host, except players' messages. */
export type HostEvent =
  | StateEvent
  | PrepareReply
  | {
      readonly cmd: 'player_joined';
      readonly player: number;
      /** What the player says about itself; only if the host has requested it. */
      readonly about?: string;
    }
  | {
      readonly cmd: 'player_asks';
      readonly player: number;
      /** What the player says about itself; only if the host has requested it. */
      readonly about?: string;
    }
  | { readonly cmd: 'player_left'; readonly player: number }
  | { readonly cmd: 'player_away'; readonly player: number }
  | {
      readonly cmd: 'player_back';
      readonly player: number;
      /** How many messages were dropped because the buffer was full; absent if none. */
      readonly missed?: number;
      /** What the player says about itself now, if that has changed. */
      readonly about?: string;
    }
  | { readonly cmd: 'about'; readonly player: number; readonly about: string }
  | {
      readonly cmd: 'times';
      /** The round-trip times of players, in milliseconds. */
      readonly players: readonly (readonly [id: number, time: number])[];
    }
  /** The number of viewers. */
  | { readonly cmd: 'audience'; readonly count: number }
  /** How many viewers have chosen each choice of the poll. */
  | { readonly cmd: 'tally'; readonly counts: readonly number[] }
  | { readonly cmd: 'error'; readonly reason: string; readonly code: ErrorCode };

/** A player's message to the host: binary, or text. */
export interface PlayerMessage {
  readonly cmd: 'from' | 'from_str';
  readonly from: number;
  readonly data: Uint8Array | string;
}

/** The `cmd` of every event on the wire; `from` and `from_str` are players' messages. */
export const EVENTS = [
  'state',
  'prepare_reply',
  'player_joined',
  'player_asks',
  'player_left',
  'player_away',
  'player_back',
  'about',
  'times',
  'audience',
  'tally',
  'from',
  'from_str',
  'error',
] as const satisfies readonly (HostEvent | PlayerMessage)['cmd'][];
