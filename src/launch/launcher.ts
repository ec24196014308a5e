import type { LaunchError } from './matchmaker.js';

/** The specification of a server to start. */
export interface ServerSpec {
  /** The server's id: letters, digits and hyphens, hard to guess. */
  readonly id: string;
  /** The address of the player for whom the server is started. */
  readonly clientAddress: string;
  /** The port for the server; `undefined` if it needs none, or the launcher chooses one. */
  readonly port: number | undefined;
  /** The server's environment variables. */
  readonly environment: Readonly<Record<string, string>>;
  /** Values that are removed from the server's output before it is logged. */
  readonly secrets: readonly string[];
}

/** The address of a game server. */
export interface ServerAddress {
  /** An IPv4 or IPv6 address, without brackets. */
  readonly ip: string;
  readonly port: number;
  /** The SHA-256 digest of its certificate, in hex with colons; `undefined` without one. */
  readonly certDigest: string | undefined;
}

/**
 * Gets the events of a server: any `progress`, then `running` once, then `ended` once. `ended` is the
 * last event of every server, also of one that was stopped or never ran.
 */
export interface LaunchListener {
  /** A status for the players who wait, such as `Deploying`. */
  progress(status: string): void;
  /**
   * The server runs at this address; `undefined` if it has no port, because it opens a room. If `ready`
   * of the game is `tcp` or `launcher`, players can connect now. Otherwise the server reports when they
   * can.
   */
  running(address: ServerAddress | undefined): void;
  /**
   * The server has ended, or could not be started.
   *
   * @param reason for the log, on one line and without secrets
   * @param error for players who wait; `undefined` for a general one
   */
  ended(reason: string, error?: LaunchError): void;
}

/** Starts the servers of one game. */
export interface Launcher {
  /** Starts a server. Does not throw: failures are reported to the listener, never synchronously. */
  start(spec: ServerSpec, listener: LaunchListener): ServerHandle;
}

/** A server that was started. */
export interface ServerHandle {
  /**
   * Ends the server. Resolves when it has ended, or when all attempts have failed, which is logged.
   * Stopping twice is harmless.
   */
  stop(): Promise<void>;
}
