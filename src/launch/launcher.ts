import type { LaunchError } from './ask.js';

/** What is to be started. */
export interface Order {
  /** The server's id: letters, digits and hyphens, beyond guessing. */
  readonly id: string;
  /** The address of the player for whom the server is started. */
  readonly clientAddress: string;
  /** The port that the server shall listen on; `undefined` if it needs none or the launcher chooses. */
  readonly port: number | undefined;
  /** Variables for the server. */
  readonly environment: Readonly<Record<string, string>>;
  /** What must not be logged if the server prints it. */
  readonly secrets: readonly string[];
}

/** Where a game server is reached. */
export interface ServerAddress {
  /** An IPv4 or IPv6 address, without brackets. */
  readonly ip: string;
  readonly port: number;
  /** The SHA-256 digest of its certificate, in hex with colons; `undefined` without one. */
  readonly certDigest: string | undefined;
}

/**
 * Is told how a server is doing: any `progress`, then `running` once, then `ended` once. `ended` comes
 * for every server, also for one that was stopped or never ran, and nothing comes after it.
 */
export interface LaunchListener {
  /** A few words for the players who wait, such as `Deploying`. */
  progress(words: string): void;
  /**
   * The server runs, and players reach it there; `undefined` if it has no port, because it opens a
   * room. Of a game whose `ready` is `tcp` or `launcher`, players can connect now; of others, the
   * server has yet to say so.
   */
  running(address: ServerAddress | undefined): void;
  /**
   * The server has ended, or could not be started.
   *
   * @param why for the log, on one line and without secrets
   * @param error what players who wait are told; `undefined` if the launcher knows nothing better
   * than that the server could not be started
   */
  ended(why: string, error?: LaunchError): void;
}

/** Starts the servers of one game. */
export interface Launcher {
  /** Starts a server; does not throw: what fails is told to the listener, and never synchronously. */
  start(order: Order, listener: LaunchListener): Launched;
}

/** A server that was started. */
export interface Launched {
  /**
   * Ends the server; resolves when it has ended, or when ending it was given up and logged. Stopping
   * twice is harmless.
   */
  stop(): Promise<void>;
}
