import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import type { SharedScrape } from '../ops/shared-scrape.js';
import { TurnQueue } from '../transport/turn-queue.js';
import type { Answer } from './answer.js';
import { internalError, methodNotAllowed, metrics, notFound, preflight } from './answer.js';
import { destroyOnError } from './destroy-on-error.js';
import { route } from './route.js';
import { spreadRequests } from './spread-requests.js';
import { throttleReports } from './throttle-reports.js';
import { answerAndClose, hasBody, stopAtUnwantedInput } from './unwanted-input.js';
import { writeAnswer } from './write-answer.js';

/** How long a request may take to arrive, in milliseconds: scrapers are near. */
const BOUNDS = { headersTimeout: 10_000, requestTimeout: 10_000 };

const METHODS = ['GET', 'HEAD'];

/** The most open sockets: enough for a few scrapers, without using up file descriptors. */
const MAX_SOCKETS = 32;

/** The relay cannot listen at the address of `--metrics-listen`. */
export class MetricsListenError extends Error {
  override readonly name = 'MetricsListenError';
  /** Why: `EADDRINUSE`, `ENOTFOUND`, … */
  readonly code: string | undefined;

  /** @param where the value of the option */
  constructor(
    readonly where: string,
    override readonly cause: NodeJS.ErrnoException,
  ) {
    super(cause.message);
    this.code = cause.code;
  }
}

/**
 * Serves `/metrics`, and nothing else, at an address of its own.
 *
 * @param where `host:port`, or `port` on 127.0.0.1
 * @param fault reports errors that occur after it listens
 * @returns a function that stops it
 * @throws {MetricsListenError} if it cannot listen there
 */
export async function serveMetrics(
  where: string,
  scrape: SharedScrape,
  fault: (error: unknown) => void,
): Promise<() => void> {
  const turns = new TurnQueue();
  const answer = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const result = await answerTo(request, scrape).catch((error: unknown) => {
      fault(error);
      return internalError();
    });
    // Many requests may wait for the same text.
    await turns.settle(() => respond(request, response, result));
  };
  const server = createServer(BOUNDS, answer);
  server.on('upgrade', (request: IncomingMessage, socket: Socket) => {
    destroyOnError(socket);
    answerAndClose(request, socket, answer);
  });
  stopAtUnwantedInput(server, () => false);
  spreadRequests(server, turns);
  server.maxConnections = MAX_SOCKETS;
  try {
    server.listen(addressIn(where));
    await once(server, 'listening');
  } catch (error) {
    throw new MetricsListenError(where, error as NodeJS.ErrnoException);
  }
  server.on('error', throttleReports(fault));
  return () => {
    server.close();
    server.closeAllConnections();
  };
}

/** Host and port of `host:port`, of `[host]:port`, or of a port alone. */
export function addressIn(where: string): { readonly host: string; readonly port: number } {
  const [, host, port] = /^(?:(.*):)?(\d+)$/.exec(where) ?? [];
  return { port: Number(port), host: host?.replace(/^\[(.*)\]$/, '$1') ?? '127.0.0.1' };
}

function respond(request: IncomingMessage, response: ServerResponse, answer: Answer): void {
  // Request bodies are not read.
  if (hasBody(request)) response.shouldKeepAlive = false;
  writeAnswer(response, answer);
}

async function answerTo({ method, url }: IncomingMessage, scrape: SharedScrape): Promise<Answer> {
  if (method === 'OPTIONS') return preflight(METHODS);
  if (method !== 'GET' && method !== 'HEAD') return methodNotAllowed(METHODS);
  if (route(url ?? '').kind !== 'metrics') return notFound();
  return metrics(scrape);
}
