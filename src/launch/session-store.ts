import type { LaunchedServer, LaunchedServers } from './launched-servers.js';
import type { Session, SessionIdentity } from './session.js';

/** A server whose certificate's digest is looked for. */
export type DigestOwner = Pick<LaunchedServer, 'id' | 'contextIp'>;

/** Where game servers find sessions and report players, beside the relay's memory: NATS. */
export interface SessionStore {
  /** Whether sessions can be stored now. */
  readonly isAvailable: boolean;
  /**
   * Connects, and reports to the fleet from now on.
   *
   * @param run with what the ids of this fleet's sessions start
   * @throws {NatsError} if it cannot be used
   */
  open(fleet: SessionReports, run: string): Promise<void>;
  /** Stores a session, before its player is told where to connect. Rejects if that fails. */
  put(session: SessionIdentity): Promise<void>;
  /** The session is over. Does not fail: what cannot be deleted now is deleted later. */
  remove(session: SessionIdentity): void;
  /** Reports this server as ready when it has stored its certificate's digest. */
  expectDigest(server: DigestOwner): void;
  /** A launcher says at which address this server is, under which its digest may be stored too. */
  located(server: DigestOwner, ip: string): void;
  /** The server has ended. */
  forget(server: DigestOwner): void;
  /** Disconnects, after what was stored and removed has arrived. */
  close(): Promise<void>;
}

/** What game servers report through a store. */
export interface SessionReports {
  /** The sessions that are not over, by id. */
  readonly sessions: ReadonlyMap<string, SessionIdentity & { readonly state: Session['state'] }>;
  /** A player has connected. */
  sessionClaimed(session: string): void;
  /** A player has disconnected. */
  sessionReleased(session: string): void;
  readonly servers: LaunchedServers;
}
