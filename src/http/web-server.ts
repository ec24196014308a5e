import { readFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import { enforceRequestDeadline } from './request-deadline.js';

export interface WebServerOptions {
  /** Files with the certificate chain and its private key; both empty for plain HTTP. */
  readonly tlsCert: string;
  readonly tlsKey: string;
  /** From connect to a whole request, in seconds. */
  readonly requestTimeout: number;
  /** Most WebSockets at a time; a few sockets more are accepted, to be told that there are enough. */
  readonly maxConnections: number;
}

/** The largest request head, in bytes; a larger one is answered with 431. */
const MAX_HEADER_BYTES = 8 * 1024;

/** Sockets beyond the WebSockets, for requests and for refusals that linger. */
const SPARE_SOCKETS = 96;

/** An HTTP server for the open internet: everything about a request has a bound. */
export interface WebServer {
  readonly server: Server;
  /** Stops listening and cuts what is still connected. */
  stop(): void;
}

/** @throws if a TLS file cannot be read, or does not hold what it should */
export function webServer(options: WebServerOptions): WebServer {
  const { tlsCert, tlsKey, requestTimeout, maxConnections } = options;
  if ((tlsCert === '') !== (tlsKey === '')) {
    throw new Error('a certificate and its key go together: --tls-cert and --tls-key');
  }
  const timeout = requestTimeout * 1000;
  const bounds = {
    maxHeaderSize: MAX_HEADER_BYTES,
    headersTimeout: timeout,
    requestTimeout: timeout,
    connectionsCheckingInterval: Math.min(1000, timeout / 2),
  };
  const server =
    tlsCert === ''
      ? createServer(bounds)
      : createTlsServer({
          ...bounds,
          handshakeTimeout: timeout,
          cert: readFileSync(tlsCert),
          key: readFileSync(tlsKey),
        });
  // Beyond that, sockets are closed at once: without a descriptor there is no telling why.
  server.maxConnections = maxConnections + Math.ceil(Math.min(SPARE_SOCKETS, maxConnections / 4));
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
