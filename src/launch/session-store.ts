import type { LaunchedServer, LaunchedServers } from './launched-servers.js';
import type { Session, SessionIdentity } from './session.js';

/** A server whose certificate's digest is expected. */
export type DigestOwner = Pick<LaunchedServer, 'id' | 'contextIp'>;

/** A store, such as NATS, in which game servers find sessions, and through which they report players. */
export interface SessionStore {
  /** Whether sessions can be stored now. */
  readonly isAvailable: boolean;
  /**
   * Connects, and reports to the fleet from now on.
   *
   * @param run the prefix of this fleet's session ids
   * @throws {NatsError} if the store cannot be used
   */
  open(fleet: SessionReports, run: string): Promise<void>;
  /** Stores a session. Its player gets the place after that. Rejects if it fails. */
  put(session: SessionIdentity): Promise<void>;
  /** The session has ended. Does not fail: entries that cannot be deleted now are deleted later. */
  remove(session: SessionIdentity): void;
  /** Reports this server as ready when it has stored its certificate's digest. */
  expectDigest(server: DigestOwner): void;
  /** A launcher has reported the server's address, under which its digest may be stored, too. */
  located(server: DigestOwner, ip: string): void;
  /** The server has ended. */
  forget(server: DigestOwner): void;
  /** Completes pending operations, and disconnects. */
  close(): Promise<void>;
}

/** The part of a fleet that a store reports to. */
export interface SessionReports {
  /** The sessions that have not ended, by id. */
  readonly sessions: ReadonlyMap<string, SessionIdentity & { readonly state: Session['state'] }>;
  /** A player has connected. */
  sessionClaimed(session: string): void;
  /** A player has disconnected. */
  sessionReleased(session: string): void;
  readonly servers: LaunchedServers;
}
