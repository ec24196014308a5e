import type { GameConfig } from './config/games.js';
import type { ServerKeys } from './server-keys.js';

/** What a server says of itself when it is ready. What it leaves out is as its launcher said. */
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
  /** How many more can join; 0 while its host lets nobody join. */
  readonly freePlaces: number;
  /** Ends the room: its server has ended, and nobody else can resume it. Harmless after its end. */
  end(): void;
}

/** A server as the launch door uses it: what a server, with its tokens, may say and do. */
export interface LaunchedServer {
  readonly id: string;
  readonly keys: ServerKeys;
  readonly game: GameConfig;
  /**
   * What the context calls the server's public address: the key of its digest in `cert_digests`, so
   * it is another one for each server of an address.
   */
  readonly contextIp: string;
  /** The server can be connected to. Harmless if it was ready before. */
  reportReady(report: ReadyReport): void;
  /** A player has connected; false if none with this id may. Harmless if it was connected before. */
  claim(client: string): boolean;
  /** The player has disconnected. Harmless if it is unknown. */
  leave(client: string): void;
  /** The server has opened a room, into which its players go. */
  openedRoom(room: LaunchedRoom): void;
  /** Its players have changed, or whether it can be joined. */
  changedRoom(): void;
  /** That room has ended. */
  endedRoom(): void;
  /** The server asks to be ended. */
  requestEnd(): void;
}

/** Finds the servers that run. */
export interface LaunchedServers {
  /** The server with this id, if it has not ended. The id may be any text. */
  find(id: string): LaunchedServer | undefined;
}
