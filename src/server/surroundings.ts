import type { ClaimCode } from '../dialects/wmbp/host-connection.js';
import type { Elsewhere } from '../http/elsewhere.js';
import type { Addresses } from '../limits/address.js';
import type { Admission, ClientAdmission } from '../limits/admission.js';
import type { Registry } from '../ops/all-metrics.js';
import type { JoinCounts } from '../ops/join-counts.js';
import type { RelayLog } from '../ops/relay-log.js';
import type { MetricsSource } from '../ops/shared-scrape.js';
import type { CodeShare } from '../rooms/code-share.js';
import type { RoomObserver } from '../rooms/rooms.js';
import type { Core } from './core.js';

/** The other processes of the relay, as the process sees them that listens. */
export interface OtherProcesses extends Elsewhere {
  /** How many rooms they have. */
  readonly rooms: number;
  /** Starts them; resolves when all can take connections. */
  start(): Promise<void>;
  /** Has them stop as at SIGTERM; resolves when they have ended. */
  close(): Promise<void>;
  /** This process is about to close all its connections. */
  ending?(): Promise<void>;
  /** This process has closed all its connections. */
  ended?(): void;
  /** Has them close all connections with 1011, and end. */
  abort(): Promise<void>;
  /** The metrics of all processes together. */
  metricsWith(own: Registry): MetricsSource;
}

/** What the other processes need of this one, beside its core. */
export interface OthersParts {
  readonly log: RelayLog;
  readonly joins: JoinCounts;
}

/** What is different in a process that is one of several of a relay. */
export interface Surroundings {
  /** The codes that it draws. */
  readonly share?: CodeShare;
  /** The same, as blocks, which change. */
  readonly blocks?: () => readonly string[];
  /** Is told of rooms beside the log. */
  readonly observer?: Partial<Pick<RoomObserver, 'roomOpened' | 'roomEnded'>>;
  /** Is told of the connections of each address. */
  readonly connections?: {
    connected(address: string): void;
    disconnected(address: string): void;
  };
  /** Tells the address of requests that another process has accepted. */
  readonly addresses?: Addresses;
  /** Decides about clients with what another process knows about them. */
  admissionOf?(own: Admission): ClientAdmission;
  /** Asks for a code that another process draws. */
  readonly claimCode?: ClaimCode;
  /** The other processes, in the process that listens. */
  othersOf?(core: Core, parts: OthersParts): OtherProcesses;
  /** How many rooms they have. */
  roomsElsewhere?(): number;
  /** The bytes in the buffers of links to other relays, which count as memory. */
  bufferedBytes?(): number;
  /** The most connections of all processes; those of this one without it. */
  readonly maxConnections?: number;
}
