import type { GameConfig } from './config/games.js';
import type { ServerKeys } from './server-keys.js';

/** The report of a server that is ready. Missing fields have the values that the launcher has reported. */
export interface ReadyReport {
  readonly ip: string | undefined;
  readonly port: number | undefined;
  /** In hex with colons, in lower case. */
  readonly certDigest: string | undefined;
}

/** A room that a launched server has opened on this relay, as it is now. */
export interface LaunchedRoom {
  readonly code: string;
  /** How many players it has, including disconnected ones. */
  readonly players: number;
  /** How many more can join; 0 while the host accepts no players. */
  readonly freePlaces: number;
  /** Ends the room, because its server has ended. Does nothing if it has ended. */
  end(): void;
}

/** A launched server: its reports and requests, which it makes with its tokens. */
export interface LaunchedServer {
  readonly id: string;
  readonly keys: ServerKeys;
  readonly game: GameConfig;
  /**
   * The public address in the server's context. It is the key of the server's digest in `cert_digests`,
   * so servers at the same address have different ones.
   */
  readonly contextIp: string;
  /** Players can connect to the server. Does nothing if the server was already ready. */
  reportReady(report: ReadyReport): void;
  /** A player has connected. Returns false if no player with this id has a seat. */
  claim(client: string): boolean;
  /** A player has disconnected. Does nothing if no player has this id. */
  leave(client: string): void;
  /** The server has opened a room, which its players join. */
  openedRoom(room: LaunchedRoom): void;
  /** The room's players, or its free places, have changed. */
  changedRoom(): void;
  /** The room has ended. */
  endedRoom(): void;
  /** The server requests its end. */
  requestEnd(): void;
}

/** Finds servers. */
export interface LaunchedServers {
  /** The server with this id, if it has not ended. The id may be any text. */
  find(id: string): LaunchedServer | undefined;
}
