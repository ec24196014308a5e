import type { ChannelError } from './errors/channel-error.js';
import type { CommandError } from './errors/command-error.js';
import type { MessageError } from './errors/message-error.js';
import type { RelayError } from './errors/relay-error.js';
import type { Emitter, ListenerOptions } from './events.js';
import type {
  Channel,
  ChannelOptions,
  Data,
  KickOptions,
  RoomChanges,
  Sendable,
  Status,
} from './options.js';
import type { SharedState } from './state.js';

export type * from './audience/api.js';
export type * from './events.js';
export type * from './options.js';
export type * from './player/api.js';
export type * from './state.js';

/** The events of a room, with the arguments of their listeners. */
export interface RoomEvents<Up = Data, Down = Sendable> {
  /**
   * A player asks to join, in a room with `ask`, or was asking when a reloaded page resumed the room.
   * Call `admit` or `refuse` within a minute.
   */
  ask: [candidate: Candidate];
  /** A candidate does not ask any more: it was admitted or refused, has left, or a minute is over. */
  askEnd: [candidate: Candidate];
  /** A player has joined, or was in the room when a reloaded page resumed it. */
  join: [player: Player<Down>];
  /** `player.about` has changed: the player's page was reloaded, and says something else about itself. */
  about: [player: Player<Down>];
  /** A player has left for good; `player.send` does nothing any more. */
  leave: [player: Player<Down>];
  /** A player is disconnected; the seat is kept, and messages to the player are buffered. */
  away: [player: Player<Down>];
  /** The player has reconnected to the same seat. */
  back: [player: Player<Down>];
  /** A player has sent a message. */
  message: [player: Player<Down>, message: Up];
  /** `count` messages from this player are lost. */
  gap: [player: Player<Down>, count: number];
  /**
   * `count` messages to this player are lost: the send buffer was full, and this player was furthest
   * behind. A player with this SDK gets a `gap` event.
   */
  lost: [player: Player<Down>, count: number];
  /** The player's page was reloaded, and has lost its state. */
  restart: [player: Player<Down>];
  /** The player has opened a data channel to this host. */
  channel: [player: Player<Down>, channel: Channel];
  /** The number of viewers has changed; at most once a second. */
  audience: [count: number];
  /** How many viewers have voted for each choice of the poll; at most once a second. */
  tally: [counts: ReadonlyMap<string, number>];
  status: [status: Status];
  /**
   * The relay has refused a command of this host, a message of a player could not be decoded, or a
   * player has offered a data channel whose code could not be loaded. Without a listener, the error
   * goes to the console.
   */
  error: [error: CommandError | MessageError | ChannelError];
  /** The room has ended; the last event. `closed.code` is `stopped` after `stop`. */
  close: [closed: RelayError];
}

/** Options of `send` of a room. */
export interface SendOptions<Down = Sendable> {
  /** The players, or their ids; all players if not given. */
  readonly to?: Iterable<Player<Down> | number>;
  /**
   * Whether the audience gets the message, too, or `only` the audience. A viewer who is disconnected, or
   * joins later, misses it, and so do all viewers while this host is disconnected.
   */
  readonly audience?: boolean | 'only';
}

/** A room, for its host. */
export interface Room<Up = Data, Down = Sendable> extends Emitter<RoomEvents<Up, Down>> {
  /** Four letters, for players to type. */
  readonly code: string;
  readonly name: string;
  /** The players in the room, including disconnected ones, in the order of joining. */
  readonly players: readonly Player<Down>[];
  /** The players who ask to join, in the order of asking; none without the option `ask`. */
  readonly candidates: readonly Candidate[];
  /** The maximum number of players at a time, as the relay has set it. */
  readonly maxPlayers: number;
  /** Whether a new player can join now. */
  readonly acceptsPlayers: boolean;
  /** The number of viewers; 0 without the option `audience`. */
  readonly audience: number;
  /** Whether the relay lists the room while it can be joined: false for a relay without `--list`. */
  readonly listed: boolean;
  readonly status: Status;
  /** Whether this is the room that the page had before it was reloaded. */
  readonly resumed: boolean;
  /**
   * The time that `hostTime` of the players estimates, in milliseconds since a fixed moment. It never goes
   * back until the page is reloaded.
   */
  time(): number;
  /**
   * Sends to all players, to some of them, or to the audience. After the end, it does nothing.
   *
   * @throws TypeError if `message` is neither a string nor bytes, an option does not exist, or `to` is
   * not a list of players and ids; ids that no player in the room has are skipped
   * @throws SendError if the relay accepts no message of this size, or this page sends faster than its
   * connection transmits. A player who does not keep up is not an error, but a `lost` event
   */
  send(message: Down, options?: SendOptions<Down>): void;
  /**
   * Shares a value with all players, in place of the one with the same key: it is in `seat.shared`. Who
   * joins later gets the current values before messages, even while this host is disconnected. A page
   * that is reloaded shares its values again. Players without this SDK get nothing. Does nothing after
   * the end.
   *
   * @param key 1 to 30 characters
   * @param value as for `send`; `undefined` to share it no longer
   * @throws TypeError if `value` is neither a string nor bytes
   * @throws RangeError if the key is empty or too long, or there are more than 60
   * @throws SendError as `send` does. If the relay cannot store the value, there is an `error` event
   * with the code `keep_full`; players get it as long as this host is connected
   */
  share(key: string, value: Down | undefined): void;
  /**
   * Shares a JSON object with all players, who see it as `seat.state`: in the same way as a value of
   * `share`, but changes are sent as patches. A room has one state: a second call replaces it.
   *
   * @throws TypeError if it is no object, or has a member that is `null`
   * @throws SendError if it is too large
   */
  shareState<State extends object>(initial: State): SharedState<State>;
  /**
   * The messages of all players, for a `for await` loop, from this call until the room ends. Up to
   * 1,024 messages, and 1 MiB, are buffered while the loop is busy; beyond that, the loop throws a
   * `RangeError`, so that no message is lost unnoticed. A `break` stops listening.
   */
  messages(options?: ListenerOptions): AsyncIterableIterator<[player: Player<Down>, message: Up]>;
  /**
   * Asks the audience: `tally` events follow. Viewers see the choices, and vote for one of them. Another
   * poll replaces it. It continues while this host is disconnected, but a page that is reloaded asks again.
   *
   * @param choices 1 to 32 different texts of 1 to 100 bytes
   * @throws TypeError if this is no list of strings
   * @throws RangeError if it is out of bounds, or has one twice
   */
  poll(choices: readonly string[]): void;
  /** Ends the poll: the last `tally` event follows. */
  endPoll(): void;
  /** Stops accepting new players. */
  start(): void;
  /** Accepts new players again. */
  open(): void;
  /**
   * Changes the room.
   *
   * @throws TypeError if there is no such value to change, or it has another type
   * @throws RangeError if `name` is too long, or `maxPlayers` out of bounds
   */
  set(changes: RoomChanges): void;
  /**
   * The player who can take the room if this host disappears; `undefined` if there is none, or it has
   * left. The player's page gets the event `heir` now, and whenever the players have changed. Whoever was
   * the heir once can take the room as long as it lasts.
   *
   * @throws TypeError if the room has no `hold`
   */
  heir: Player<Down> | undefined;
  /**
   * Hands the room over to a player, whose page gets the event `heir`, and leaves it: a `close` event
   * follows. The room waits for its next host for `hold` seconds. Its players are not disconnected.
   * Resolves when the player has received it; a player who is disconnected receives it later. Resolves
   * with false, and this page is still the host, if the player leaves before that.
   *
   * @throws TypeError if the room has no `hold`, or the player does not use this SDK
   */
  handOver(player: Player<Down>): Promise<boolean>;
  /**
   * Ends the game for everybody. A `close` event follows, after `hold` seconds at the latest: by then,
   * a relay that cannot be reached has ended the room without the command. A reloaded page does not
   * resume the room.
   */
  stop(): void;
}

/** A player who asks to join, in a room with the option `ask`. */
export interface Candidate {
  /** The id that the player has after it has joined. */
  readonly id: number;
  /** What the player says about itself: see `Player.about`. */
  readonly about: unknown;
  /** Whether the player still asks. If not, `admit` and `refuse` do nothing. */
  readonly asking: boolean;
  /** Lets the player join: `askEnd` and `join` events follow. */
  admit(): void;
  /** Sends the player away for good, as `kick` does, with the same options: an `askEnd` event follows. */
  refuse(options?: KickOptions): void;
}

/** One player, for the host. */
export interface Player<Down = Sendable> {
  /** Counts from 1 in the order of joining; never reused in this room. */
  readonly id: number;
  /**
   * What the player says about itself: the option `about` of `joinRoom`, for example a name. A player
   * can say anything, so check it. `undefined` if the player says nothing, or something other than JSON.
   */
  readonly about: unknown;
  /** Whether the player is disconnected, and the seat is kept. */
  readonly away: boolean;
  /** Whether the player uses this SDK, for exactly-once delivery. False before its SDK has greeted. */
  readonly exact: boolean;
  /**
   * How long a message to the player's SDK and back took the last time, in milliseconds. `undefined`
   * before the first measurement, and for players without this SDK.
   */
  readonly rtt: number | undefined;
  /** Sends to this player, as `send` of the room does. */
  send(message: Down): void;
  /**
   * Removes the player for good; a `leave` event follows.
   *
   * @throws TypeError if an option does not exist or has another type
   * @throws RangeError if the reason is too long
   */
  kick(options?: KickOptions): void;
  /**
   * Opens a WebRTC data channel directly to this player. Resolves when it is open.
   *
   * @throws TypeError if an option does not exist or has another type
   * @throws RangeError if a number is out of bounds
   * @throws ChannelError if it cannot be opened; `send` continues to work
   */
  openChannel(options?: ChannelOptions): Promise<Channel>;
}
