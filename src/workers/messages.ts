import type { IncomingHttpHeaders } from 'node:http';
import type { RoomQuestions } from '../http/room-questions.js';
import type { Options } from '../options.js';
import type { CodeShare } from '../rooms/code-share.js';

/*
 * What the primary process and a worker send each other. The primary accepts sockets, answers plain
 * requests and counts what each address does; workers have the rooms with codes.
 */

/** The first message to a worker. */
export interface Start {
  readonly options: Options;
  /** Counts from 1. */
  readonly number: number;
  /** The codes that the worker draws. */
  readonly share: CodeShare;
  /** Codes of its share that rooms of other workers have. */
  readonly givenAway: readonly string[];
  /** Whether log lines are shown on a terminal. */
  readonly onTerminal: boolean;
}

/** What the primary knows about the client of a WebSocket, as numbers of close codes; 0 for none. */
export interface Standing {
  /** Why the address may not connect: as a new client, a viewer, and one that returns. */
  readonly connect: number;
  readonly connectViewer: number;
  readonly reconnect: number;
  /** Why it may not open a room; only of a host that wants to. */
  readonly openRoom: number;
  /** Why it may not try a code, and whether that is because of its wrong codes. */
  readonly tryCode: number;
  readonly isGuessLimited: boolean;
}

/** A request for a WebSocket, which comes with its socket. */
export interface HandOver {
  readonly id: number;
  readonly method: string;
  readonly url: string;
  readonly headers: IncomingHttpHeaders;
  readonly httpVersion: string;
  /** The bytes that arrived after the request, in base64. */
  readonly head: string;
  /** The address under which the client is counted. */
  readonly address: string;
  readonly standing: Standing;
}

/** What the primary tells a worker. */
export type ToWorker =
  /** Connections of this address that are closing may be terminated. */
  | { readonly is: 'terminateClosing'; readonly address: string }
  /** The room of another worker that had this code of the worker's has ended. */
  | { readonly is: 'takeBack'; readonly code: string }
  /** How many rooms all other processes have. */
  | { readonly is: 'rooms'; readonly elsewhere: number }
  /** Stop as at SIGTERM, and end the process. */
  | { readonly is: 'close' }
  /** Close all connections with 1011, because the primary has failed. */
  | { readonly is: 'abort' };

/** What a worker tells the primary. */
export type ToPrimary =
  /** It has restored its rooms, and can take connections. */
  | { readonly is: 'ready' }
  /** It has decided about this hand-over. */
  | { readonly is: 'decided'; readonly id: number }
  | { readonly is: 'connected'; readonly address: string }
  | { readonly is: 'disconnected'; readonly address: string }
  /** The address has tried a wrong code, token or password. */
  | { readonly is: 'missed'; readonly address: string; readonly tried: string }
  | { readonly is: 'opened'; readonly code: string }
  | { readonly is: 'ended'; readonly code: string }
  /** Whether it refuses new rooms and players; sent all the time. */
  | { readonly is: 'load'; readonly isOverloaded: boolean };

/** What the primary asks a worker. */
export interface WorkerQuestions extends RoomQuestions {
  /** Whether the worker gives this code, which it draws, to a room of another worker. */
  giveAway: { readonly ask: { readonly code: string }; readonly answer: boolean };
  /** The values of its metrics, as `prom-client` has them as JSON. */
  metrics: { readonly ask: object; readonly answer: readonly object[] };
}

/** A client that has connected to the port of a worker. */
export interface Arrival {
  /** Chosen by the worker, which says `decided` with it. Below 0. */
  readonly id: number;
  readonly address: string;
  /** Whether it wants to open a room. */
  readonly opens: boolean;
  /** Whether it sends a secret, which may be wrong. */
  readonly guesses: boolean;
  /** The code as it was typed; empty without one. */
  readonly code: string;
}

/** What a worker asks the primary. */
export interface PrimaryQuestions {
  /** What is known about the client; `null` if the room of its code is in another process. */
  arrive: { readonly ask: Arrival; readonly answer: Standing | null };
  /** Whether a room of this worker may have this code, which another worker draws. */
  claim: { readonly ask: { readonly code: string }; readonly answer: boolean };
}
