import type { LaunchedServer } from './launched-servers.js';

/** The part of a server that observers get. */
export type ServerInfo = Pick<LaunchedServer, 'id' | 'game'>;

export interface ServerEnd {
  readonly reason: string;
  /** `unready` if it ended before it was ready, `crashed` if it ended later without a request. */
  readonly how: 'stopped' | 'unready' | 'crashed';
}

/** Gets the events of game servers, for the log and the metrics. Times are in seconds. */
export interface FleetObserver {
  serverStarting(server: ServerInfo): void;
  /** @param seconds how long it took */
  serverReady(server: ServerInfo, seconds: number): void;
  serverStopping(server: ServerInfo, reason: string): void;
  /** @param seconds since its start */
  serverEnded(server: ServerInfo, end: ServerEnd, seconds: number): void;
  /** There is a bug in the relay. At most one player has lost the seat. */
  fault(error: unknown): void;
}
