import type { RelayError } from './relay-error.js';

/** What is sent and received: text stays text, bytes stay bytes. */
export type Data = string | Uint8Array;

/**
 * How the connection is: `connecting` before the first success, `open`, `away` while it is lost and
 * the SDK is on its way back (what is sent meanwhile waits), `closed` for good.
 */
export type Status = 'connecting' | 'open' | 'away' | 'closed';

/** A standard `RTCDataChannel`; where the DOM's types are missing, what every one of them has. */
export type Channel = typeof globalThis extends { RTCDataChannel: { prototype: infer Standard } }
  ? Standard
  : DataChannel;

/** The part of `RTCDataChannel` (W3C WebRTC, section 6.2) that programs without DOM types see. */
export interface DataChannel {
  readonly label: string;
  readonly readyState: string;
  readonly bufferedAmount: number;
  binaryType: string;
  onmessage: ((event: { data: unknown }) => void) | null;
  onclose: ((event: unknown) => void) | null;
  send(data: string | Uint8Array<ArrayBuffer>): void;
  close(): void;
}

/** How a data channel is to be; the fields of `RTCDataChannelInit` that matter for games. */
export interface ChannelOptions {
  /** A name for the game's own use; `""` if there is none. */
  readonly label?: string;
  /** Whether messages arrive in order; true if not given. */
  readonly ordered?: boolean;
  /** How often a lost message is sent again; as often as it takes if not given. */
  readonly maxRetransmits?: number;
  /** How long to try for a connection, in milliseconds; 15,000 if not given. */
  readonly timeout?: number;
}

/** Where a page keeps its seat or room over a reload: `sessionStorage`, or the like. */
export interface KeyStorage {
  getItem(key: string): string | null;
  setItem(key: string, value: string): void;
  removeItem(key: string): void;
}

/** Time, so that tests need not wait for it. */
export interface Clock {
  /** Milliseconds since any fixed moment, never going back. */
  now(): number;
  /** Calls `run` once after so many milliseconds, unless the function that it returns is called. */
  after(milliseconds: number, run: () => void): () => void;
  /** From 0 up to but not including 1, as `Math.random`. */
  random(): number;
}

/** What both ends can be given instead of what the browser has. */
export interface Environment {
  /** A WebSocket constructor, for programs that have none as a global (Node.js 20: `ws`). */
  readonly WebSocket?: unknown;
  /** An `RTCPeerConnection` constructor (Node.js: `node-datachannel/polyfill`). */
  readonly RTCPeerConnection?: unknown;
  /** Servers for `RTCPeerConnection`; if not given, what `GET /ice` of the relay answers. */
  readonly iceServers?: readonly object[];
  /** Where seats and rooms are kept over a reload; `null` for nowhere. `sessionStorage` by default. */
  readonly storage?: KeyStorage | null;
  /** Most that waits for acknowledgement on this side, in bytes; 1 MiB if not given. */
  readonly buffer?: number;
  readonly clock?: Clock;
}

/** How a room is to be, for `createRoom`. */
export interface RoomOptions extends Environment {
  /** The game's name, up to 1,024 bytes of UTF-8; anybody with the code can read it. */
  readonly name?: string;
  /** Most players at a time, at least 1; 8 if not given. The relay clamps it to its own bound. */
  readonly maxPlayers?: number;
  /**
   * How long the room and its seats survive a lost connection, in seconds; 120 if not given. The
   * relay clamps it. 0 ends the room with the host's connection, and a seat with the player's.
   */
  readonly hold?: number;
  /** For a relay with `--create-token`. */
  readonly token?: string;
  /** Whether a room that this page had before it was reloaded is taken back; true if not given. */
  readonly resume?: boolean;
}

/** How to join, for `joinRoom`. */
export interface JoinOptions extends Environment {
  /**
   * The host does not use this SDK: then nothing is sent but what the game sends, and exactly-once
   * delivery and WebRTC are off. Without this, such a host sees one or two binary messages of 41 bytes
   * whenever the player connects, and everything else as it is.
   */
  readonly plain?: boolean;
}

/** The events of a room, each with what its listeners are called with. */
export interface RoomEvents {
  /** A player is there: new, or there already when a reloaded page took the room back. */
  join: [player: Player];
  /** A player is gone for good; `player.send` does nothing any more. */
  leave: [player: Player];
  /** A player's connection is lost; the seat is held, and what is sent meanwhile waits. */
  away: [player: Player];
  /** The player is back in the same seat. */
  back: [player: Player];
  message: [player: Player, data: Data];
  /** So many messages of this player are lost, and will not come any more. */
  gap: [player: Player, count: number];
  /** The player's page was loaded anew, and knows nothing of what was before. */
  restart: [player: Player];
  /** The player has opened a data channel to this host. */
  channel: [player: Player, channel: Channel];
  status: [status: Status];
  /** The room is over; the last event. `closed.code` is 1001 after `stop`. */
  close: [closed: RelayError];
}

/** The events of a player, each with what its listeners are called with. */
export interface SeatEvents {
  message: [data: Data];
  /** So many messages of the host are lost, and will not come any more. */
  gap: [count: number];
  /**
   * The host knows nothing of before: its page was loaded anew, or the seat was lost meanwhile. Say
   * again what it has to know, such as a name.
   */
  restart: [];
  /** The host has opened a data channel to this player. */
  channel: [channel: Channel];
  status: [status: Status];
  /** It is over; the last event. Call `joinRoom` again if `closed.retry` is not `no`. */
  close: [closed: RelayError];
}

/** Something with typed events. */
export interface Emitter<Events extends { [Name in keyof Events]: readonly unknown[] }> {
  /**
   * Calls `listener` at every such event. Events that come before the first listener of any kind
   * wait for it. Returns a function that ends it.
   */
  on<Name extends keyof Events>(name: Name, listener: (...event: Events[Name]) => void): () => void;
}

/** A room, for its host. */
export interface Room extends Emitter<RoomEvents> {
  /** Four letters, for players to type. */
  readonly code: string;
  readonly name: string;
  /** The players in the room, those who are away included, in the order in which they came. */
  readonly players: readonly Player[];
  /** As the relay has clamped it. */
  readonly maxPlayers: number;
  /** Whether somebody who knows the code can join now. */
  readonly acceptsPlayers: boolean;
  readonly status: Status;
  /** Whether this page has taken back a room that it had before it was reloaded. */
  readonly resumed: boolean;
  /**
   * Sends to everybody, or to some of the players. One frame for all, however many they are. Once
   * the room is over it does nothing.
   *
   * @throws TypeError if `data` is neither a string nor a Uint8Array
   */
  send(data: Data, options?: { readonly to?: Iterable<Player | number> }): void;
  /** Closes the door: who is not in cannot join any more. */
  start(): void;
  /** Opens the door again. */
  open(): void;
  /**
   * Ends the game for everybody; a `close` event follows. If the relay cannot be reached, after
   * `hold` seconds at the latest: by then it has ended the room by itself. A reloaded page does not
   * take the room back.
   */
  stop(): void;
}

/** One player, for the host. */
export interface Player {
  /** From 1 in the order of joining; never used again in this room. */
  readonly id: number;
  readonly away: boolean;
  /** Whether the player has this SDK: only then is delivery exactly-once. False until it says so. */
  readonly exact: boolean;
  /** @throws TypeError if `data` is neither a string nor a Uint8Array */
  send(data: Data): void;
  /** Out with this player, for good; a `leave` event follows. */
  kick(): void;
  /**
   * Opens a WebRTC data channel to this player, past the relay. Resolves when it is open.
   *
   * @throws ChannelError if it cannot be opened; `send` works on as before
   */
  openChannel(options?: ChannelOptions): Promise<Channel>;
}

/** A seat in a room, for its player. */
export interface Seat extends Emitter<SeatEvents> {
  /** The id by which the host knows this player; `undefined` if the host does not have this SDK. */
  readonly id: number | undefined;
  readonly code: string;
  readonly status: Status;
  /**
   * Sends to the host. Once it is over it does nothing.
   *
   * @throws TypeError if `data` is neither a string nor a Uint8Array
   */
  send(data: Data): void;
  /** Gives the seat up; a `close` event follows. */
  leave(): void;
  /**
   * Opens a WebRTC data channel to the host, past the relay. Resolves when it is open.
   *
   * @throws ChannelError if it cannot be opened; `send` works on as before
   */
  openChannel(options?: ChannelOptions): Promise<Channel>;
}
