import type { Payload } from '../payload.js';
import type { ToAudience } from '../to-audience.js';
import type { RequestedFeatures } from './features.js';

/** Opens a room. */
export interface PrepareCommand {
  readonly cmd: 'prepare';
  /** The maximum players in the room, at least 1; limited by the relay's `--max-players`. */
  readonly maxPlayers: number;
  /** `GET /CODE` returns it; `""` by default. */
  readonly name: string;
  /** The reconnect window, in seconds; 0 for none. */
  readonly hold?: number;
  /** What the host requests beyond WMBP; missing for a plain host. */
  readonly features?: RequestedFeatures;
}

/** The commands that change who is in a room, or end it. */
export type MembershipCommand =
  | PrepareCommand
  | { readonly cmd: 'start' }
  | { readonly cmd: 'open' }
  | { readonly cmd: 'admit'; readonly player: number }
  | KickCommand
  | { readonly cmd: 'who' }
  /** Asks the audience; without choices, ends the poll. */
  | { readonly cmd: 'poll'; readonly choices: readonly string[] }
  | SetCommand
  | { readonly cmd: 'leave' }
  | { readonly cmd: 'stop' };

/** Removes a player for good. */
export interface KickCommand {
  readonly cmd: 'kick';
  readonly player: number;
  /** The reason of the close; `kicked` by default. */
  readonly reason?: string;
  /** Nobody can join from the player's address again. */
  readonly ban?: true;
}

/** Changes what `prepare` has set; missing fields stay as they are. */
export interface SetCommand {
  readonly cmd: 'set';
  readonly name?: string;
  readonly maxPlayers?: number;
  /** The list that shows the room; `''` for none. */
  readonly list?: string;
  readonly listing?: string;
}

/** A message from the host to players: `to` and `to_str` on the wire. */
export interface SendCommand {
  readonly cmd: 'send';
  /** The receivers; unknown ids are skipped. */
  readonly to: 'everybody' | readonly number[];
  readonly payload: Payload;
}

/** A message to players and the audience: `to` and `to_str` with `audience`. */
export interface SendToAudienceCommand extends Omit<SendCommand, 'cmd'> {
  readonly cmd: 'sendToAudience';
  readonly audience: ToAudience;
}

/** A message to all players but some: `to` and `to_str` with `except`. */
export interface SendExceptCommand {
  readonly cmd: 'sendExcept';
  readonly except: readonly number[];
  readonly payload: Payload;
  readonly audience?: ToAudience;
}

/** A message that players who come later get, too: `to` and `to_str` with `keep`. */
export interface KeepCommand {
  readonly cmd: 'keep';
  readonly to: 'everybody' | number;
  readonly key: string;
  /** `undefined` forgets the value of the key. */
  readonly payload: Payload | undefined;
  readonly audience?: ToAudience;
  /** Whether nobody gets it now, but only those who ask for all values when they connect. */
  readonly later?: true;
}

/** The commands whose work depends on how many players receive them. */
export type DeliveryCommand = SendToAudienceCommand | SendExceptCommand | KeepCommand;

/** A valid command. */
export type HostCommand = MembershipCommand | SendCommand | DeliveryCommand;

/** The `cmd` of every command on the wire. */
export const COMMANDS = [
  'prepare',
  'start',
  'open',
  'set',
  'admit',
  'kick',
  'who',
  'poll',
  'leave',
  'stop',
  'to',
  'to_str',
] as const;
