import { constants } from 'node:crypto';
import { createServer, type IncomingMessage, type Server, type ServerOptions } from 'node:http';
import { createServer as createTlsServer, Server as TlsServer } from 'node:https';
import type { Socket } from 'node:net';
import { DEFAULT_CIPHERS } from 'node:tls';
import { TurnQueue } from '../transport/turn-queue.js';
import { enforceRequestDeadline } from './request-deadline.js';
import { addressOrEnd, countSocket, type SocketLimit } from './socket-limit.js';
import { spreadHandshakes } from './spread-handshakes.js';
import { spreadRequests } from './spread-requests.js';
import { readTlsFile } from './tls-file.js';
import { stopAtUnwantedInput } from './unwanted-input.js';

export interface WebServerOptions {
  /** Files with the certificate chain and its private key; both empty for plain HTTP. */
  readonly tlsCert: string;
  readonly tlsKey: string;
  /** Time from connecting to a complete request, in seconds. */
  readonly requestTimeout: number;
  /** The maximum number of WebSockets. A few more sockets are accepted, for requests and refusals. */
  readonly maxConnections: number;
  /** Limits sockets per address. */
  readonly sockets: SocketLimit;
  /** Whether the body of a request is read. Parsing stops before all other bodies. */
  readonly wantsBody: (request: IncomingMessage) => boolean;
}

/** The largest request head, in bytes; a larger one is answered with 431. */
const MAX_HEADER_BYTES = 8 * 1024;

/** Sockets beyond `maxConnections`, for requests and for refused WebSockets that are closing. */
const SPARE_SOCKETS = 96;

/** An HTTP server for the public internet, with limits on every part of a request. */
export interface WebServer {
  readonly server: Server;
  /** Stops listening and closes all sockets. */
  stop(): void;
}

/** @throws if a TLS file cannot be read or is invalid */
export function webServer(options: WebServerOptions): WebServer {
  const { tlsCert, tlsKey, requestTimeout, maxConnections, sockets } = options;
  if ((tlsCert === '') !== (tlsKey === '')) {
    throw new Error('the certificate and its key must be set together: --tls-cert and --tls-key');
  }
  const timeout = requestTimeout * 1000;
  const bounds = {
    maxHeaderSize: MAX_HEADER_BYTES,
    headersTimeout: timeout,
    requestTimeout: timeout,
    connectionsCheckingInterval: Math.min(1000, timeout / 2),
  };
  const queue = new TurnQueue();
  const accept = (socket: Socket): boolean => countSocket(socket, sockets);
  const server = tlsCert === '' ? createServer(bounds) : secureServer(options, bounds);
  // Further sockets are closed at once: without a file descriptor, the relay cannot send a reason.
  server.maxConnections = maxConnections + Math.ceil(Math.min(SPARE_SOCKETS, maxConnections / 4));
  if (server instanceof TlsServer) {
    spreadHandshakes(server, queue, accept, timeout);
    server.prependListener('secureConnection', addressOrEnd);
  } else server.prependListener('connection', accept);
  stopAtUnwantedInput(server, options.wantsBody);
  spreadRequests(server, queue);
  const stopDeadline = enforceRequestDeadline(server, timeout);
  return {
    server,
    stop() {
      stopDeadline();
      server.close();
      server.closeAllConnections();
    },
  };
}

/**
 * Keeps handshakes cheap: clients cannot renegotiate, and cannot choose a key exchange by RSA or in a
 * large group, which take many times as long.
 */
function secureServer(
  { tlsCert, tlsKey, requestTimeout }: WebServerOptions,
  bounds: ServerOptions,
): TlsServer {
  return createTlsServer({
    ...bounds,
    handshakeTimeout: requestTimeout * 1000,
    cert: readTlsFile(tlsCert),
    key: readTlsFile(tlsKey),
    secureOptions: constants.SSL_OP_NO_RENEGOTIATION,
    ciphers: `${DEFAULT_CIPHERS}:!kRSA`,
    ecdhCurve: 'X25519:P-256',
  });
}
