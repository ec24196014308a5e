import type { LaunchedServer } from './launched-servers.js';

/** What is known of a server to those who watch the fleet. */
export type ServerInfo = Pick<LaunchedServer, 'id' | 'game'>;

export interface ServerEnd {
  readonly why: string;
  /** `unready` if it ended before it was ready, `crashed` if it ended later and nobody asked it to. */
  readonly how: 'stopped' | 'unready' | 'crashed';
}

/** Is told what game servers do, for the log and the metrics. Times are in seconds. */
export interface FleetObserver {
  serverStarting(server: ServerInfo): void;
  /** @param seconds how long it took */
  serverReady(server: ServerInfo, seconds: number): void;
  serverStopping(server: ServerInfo, why: string): void;
  /** @param seconds since its start */
  serverEnded(server: ServerInfo, end: ServerEnd, seconds: number): void;
  /** A bug of the relay. It has cost one player its seat at most. */
  fault(error: unknown): void;
}
