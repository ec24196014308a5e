/** A received message: a string arrives as a string, and bytes arrive as bytes. */
export type Data = string | Uint8Array;

/** A message to send: a string, or bytes in a buffer or a view of one. */
export type Sendable = string | ArrayBuffer | ArrayBufferView;

/**
 * The state of the connection: `connecting` before the first success, `open`, `away` while the SDK
 * reconnects (messages are buffered), `closed` for good.
 */
export type Status = 'connecting' | 'open' | 'away' | 'closed';

/** Whether the host is connected to the relay, to the knowledge of this player. */
export type HostStatus = 'connected' | 'disconnected';

/** A standard `RTCDataChannel`; without the DOM's types, the part of it that games need. */
export type Channel = typeof globalThis extends { RTCDataChannel: { prototype: infer Standard } }
  ? Standard
  : DataChannel;

/** The part of `RTCDataChannel` (W3C WebRTC, section 6.2) for programs without the DOM's types. */
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

/** Options of a data channel: the fields of `RTCDataChannelInit` that matter for games. */
export interface ChannelOptions {
  /** A name for the game's own use; `""` if not given. */
  readonly label?: string;
  /** Whether messages arrive in order; true if not given. */
  readonly ordered?: boolean;
  /** How often a lost message is sent again, 0 to 65,535; no limit if not given. */
  readonly maxRetransmits?: number;
  /** How long to try to connect, in milliseconds, 1 to 2,147,483,647; 15,000 if not given. */
  readonly timeout?: number;
}

/** Stores the seat or the room of a page for the page after a reload. A `Storage` is one. */
export interface KeyStorage {
  getItem(key: string): string | null;
  setItem(key: string, value: string): void;
  removeItem(key: string): void;
}

/** The source of time and of random numbers, which tests replace. */
export interface Clock {
  /** Milliseconds since a fixed moment; never goes back. */
  now(): number;
  /** Calls `run` once after a delay in milliseconds. Returns a function that cancels the call. */
  after(milliseconds: number, run: () => void): () => void;
  /** Returns a number from 0 up to but not including 1, as `Math.random` does. */
  random(): number;
}

/** Replacements for APIs of the browser. */
export interface Environment {
  /** A `WebSocket` constructor, for runtimes without a global one (Node.js 20: that of `ws`). */
  readonly WebSocket?: unknown;
  /** An `RTCPeerConnection` constructor (Node.js: `node-datachannel/polyfill`). */
  readonly RTCPeerConnection?: unknown;
  /** Servers for `RTCPeerConnection`; if not given, what the relay returns at `GET /ice`. */
  readonly iceServers?: readonly object[];
  /**
   * Where seats and rooms are stored for the page after a reload, for one page at a time; `null` for
   * no storage. If not given, `sessionStorage`, and for seats also `localStorage`, with a lock so that
   * two tabs are two players.
   */
  readonly storage?: KeyStorage | null;
  /**
   * Largest send buffer, in bytes, 1 to 4,294,967,295; 8 MiB if not given. One larger message is
   * buffered in addition.
   */
  readonly buffer?: number;
  readonly clock?: Clock;
}

/**
 * Turns the messages of a game into strings or bytes, and back. Both ends need the same one. The types
 * of `createRoom<Up, Down>` and `joinRoom<Up, Down>` are not checked when a message arrives: a codec
 * can check them, and throw.
 */
export interface Codec {
  /** @throws any error if there is no such message; `send` throws it */
  encode(message: unknown): Sendable;
  /** @throws any error for an invalid message; it is dropped, with an `error` event */
  decode(data: Data): unknown;
}

/** The option of `createRoom` and `joinRoom` that gives messages the types of the game. */
export interface CodecOption {
  /** Turns messages into strings or bytes, and back. Without a codec, messages are strings and bytes. */
  readonly codec: Codec;
}

/** The options that `createRoom` and `joinRoom` have in common. */
interface ConnectOptions extends Environment {
  /**
   * Cancels the attempt: the promise is rejected with the signal's reason, and a room or a seat that
   * the relay has already opened is closed. Without effect once the promise has resolved.
   */
  readonly signal?: AbortSignal | undefined;
}

/** Options of `createRoom`. */
export interface RoomOptions extends ConnectOptions {
  /** The game's name, up to 1,024 bytes of UTF-8; anybody with the code can read it. */
  readonly name?: string;
  /** Maximum players at a time, at least 1; 8 if not given. The relay reduces it to its own limit. */
  readonly maxPlayers?: number;
  /**
   * The reconnect window of the room and its seats, in seconds; 120 if not given. The relay reduces
   * it to its own limit. With 0, the room ends with the host's connection, and a seat with the player's
   * connection.
   */
  readonly hold?: number;
  /**
   * Whether the host is asked before a player joins, by the event `ask`. Up to 16 players may ask at a
   * time, for a minute each; players who reconnect do not ask.
   */
  readonly ask?: boolean;
  /** What players have to know besides the code, 1 to 256 bytes of UTF-8; no password if not given. */
  readonly password?: string;
  /**
   * The code that the room is to have, on a relay with `--custom-codes`. `room.code` is another one if
   * the relay does not let hosts choose, it is no code, or it is taken.
   */
  readonly code?: string;
  /**
   * The public list that shows the room while it can be joined, 1 to 64 characters of `A-Z a-z 0-9 . _ -`,
   * on a relay with `--list`. Everybody who reads the list can join. In no list if not given.
   */
  readonly list?: string;
  /** What the list shows beside the name: a value that JSON has, of at most 1,024 bytes as JSON. */
  readonly listing?: unknown;
  /**
   * How many viewers may watch the room with `joinAudience`, 1 or more; no audience if not given. The relay
   * reduces it to its `--max-audience`.
   */
  readonly audience?: number;
  /** For a relay with `--create-token`. */
  readonly token?: string;
  /**
   * Whether to resume the room that this page had before it was reloaded, if the options from `name` to
   * `audience` are the same; true if not given.
   */
  readonly resume?: boolean;
}

/**
 * A room that its host has handed over, or left to an heir: everything that `takeRoom` needs. Whoever has
 * it can take the room. It is JSON, so a page can store it for after a reload.
 */
export interface GivenRoom {
  /** The code of the room. */
  readonly code: string;
  /** The secret of the host. */
  readonly token: string;
  readonly maxPlayers: number;
  readonly hold: number;
  readonly features?: number | undefined;
  readonly marks: readonly (readonly [id: number, mark: number])[];
}

/** Options of `takeRoom`. */
export interface TakeOptions extends ConnectOptions {}

/** What `set` of a room changes; what is missing stays as it is. */
export interface RoomChanges {
  /** The game's name, up to 1,024 bytes of UTF-8. */
  readonly name?: string;
  /**
   * Maximum players at a time, at least 1. The relay reduces it to its own limit. If there are more
   * already, nobody has to leave.
   */
  readonly maxPlayers?: number;
  /** The public list that shows the room, as in the options of `createRoom`; `''` for none. */
  readonly list?: string;
  /** What the public list shows beside the name, as in the options of `createRoom`. */
  readonly listing?: unknown;
}

/** A room in a public list. */
export interface ListedRoom {
  readonly code: string;
  readonly name: string;
  /** How many players are in it. */
  readonly players: number;
  readonly maxPlayers: number;
  /** Whether players need a password. */
  readonly password: boolean;
  /**
   * The option `listing` of its `createRoom`. Anybody can open a room and say anything, so check it.
   * `undefined` if there is none, or it is not JSON.
   */
  readonly listing: unknown;
}

/** Options of `listRooms`. */
export interface ListOptions {
  /** The code of a room: returns the rooms behind it. */
  readonly after?: string;
}

/** Options of `kick` and `refuse`. */
export interface KickOptions {
  /** The player gets it as the `reason` of its `close` event, up to 100 bytes of UTF-8. */
  readonly reason?: string;
  /**
   * Whether to keep out everybody with the player's address, and not only this player's device, while the
   * room lasts. Players of one household, school or mobile network often have the same address.
   */
  readonly ban?: boolean;
}

/** Options of `joinRoom`. */
export interface JoinOptions extends ConnectOptions {
  /**
   * What the player says about itself, for example `{ name: 'Ana' }`: a value that JSON has, of at most
   * 1,024 bytes as JSON. The host gets it with the player, as `player.about`.
   */
  readonly about?: unknown;
  /** The password of the room, if it has one. */
  readonly password?: string;
  /**
   * Whether the host does not use this SDK: then only the game's messages are sent, without exactly-once
   * delivery and WebRTC. If false, a host without this SDK gets one or two binary messages of 41 bytes
   * whenever the player connects, and the game's messages unchanged.
   */
  readonly plain?: boolean;
}
