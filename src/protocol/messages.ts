import type { ErrorCode } from './command-error.js';
import type { Payload } from './payload.js';

/** What a host asks for when it opens a room. */
export interface PrepareCommand {
  readonly cmd: 'prepare';
  /** How many players may be in the room at once, at least 1; the relay clamps it to its cap. */
  readonly maxPlayers: number;
  /** Shown to whoever asks for `GET /CODE`; `""` if the host gave none. */
  readonly name: string;
  /** How long to wait for players and for the host when they are cut off, in seconds; not if 0. */
  readonly hold?: number;
}

/** The commands that change who is in a room, or end it. */
export type MembershipCommand =
  | PrepareCommand
  | { readonly cmd: 'start' }
  | { readonly cmd: 'open' }
  | { readonly cmd: 'kick'; readonly player: number }
  | { readonly cmd: 'stop' };

/** A message from the host to players: `to` and `to_str` on the wire. */
export interface SendCommand {
  readonly cmd: 'send';
  /** Whom it is for; ids that nobody has are skipped. */
  readonly to: 'everybody' | readonly number[];
  readonly payload: Payload;
}

/** Everything a host can say, checked. */
export type HostCommand = MembershipCommand | SendCommand;

/** The `cmd` of every command on the wire. */
export const COMMANDS = ['prepare', 'start', 'open', 'kick', 'stop', 'to', 'to_str'] as const;
export type CommandName = (typeof COMMANDS)[number];

/** The room as its host sees it. */
export interface StateEvent {
  readonly cmd: 'state';
  readonly name: string;
  /** Ids of the players in the room, in the order in which they came. */
  readonly players: readonly number[];
  readonly max_players: number;
  /** Whether somebody who knows the code can join now: prepared, not started, not full. */
  readonly accept_conns: boolean;
  /** Those of `players` who are away for a moment; only in a room that waits for them. */
  readonly away?: readonly number[];
}

/** Everything the relay tells a host, but for the players' own messages. */
export type HostEvent =
  | StateEvent
  | {
      readonly cmd: 'prepare_reply';
      readonly key: string;
      /** By what the host can take the room over again; only in a room that waits for it. */
      readonly resume?: string;
      /** It has just been taken over. */
      readonly resumed?: true;
    }
  | { readonly cmd: 'player_joined'; readonly player: number }
  | { readonly cmd: 'player_left'; readonly player: number }
  | { readonly cmd: 'player_away'; readonly player: number }
  | {
      readonly cmd: 'player_back';
      readonly player: number;
      /** How many messages were not kept, the oldest of all; not there if none. */
      readonly missed?: number;
    }
  | { readonly cmd: 'error'; readonly reason: string; readonly code: ErrorCode };

/** The `cmd` of every event on the wire, `from` and `from_str` being the players' messages. */
export const EVENTS = [
  'state',
  'prepare_reply',
  'player_joined',
  'player_left',
  'player_away',
  'player_back',
  'from',
  'from_str',
  'error',
] as const satisfies readonly (HostEvent['cmd'] | 'from' | 'from_str')[];
