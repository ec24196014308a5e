import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import type { ListenAddress } from './listen.js';

/** The relay was closed before it listened. */
export class RelayClosedError extends Error {
  override readonly name = 'RelayClosedError';

  constructor() {
    super('the relay is closed');
  }
}

/** A relay with all its rooms. */
export interface Relay {
  /** The current number of rooms. */
  readonly rooms: number;
  /** The current number of players in all rooms, including disconnected ones who may reconnect. */
  readonly players: number;

  /**
   * Listens on the options' `host` and `port` with a server of its own. After an error, `close`
   * releases what was opened before.
   *
   * @throws the error that `net.Server` emits: `EADDRINUSE` if the port is in use, `EACCES` if the
   * process may not use it; `MetricsListenError` if it cannot listen at `metricsListen`;
   * `RelayClosedError` if the relay is closed or aborted before it listens
   */
  listen(): Promise<ListenAddress>;

  /**
   * Handles the WebSocket upgrades of an existing server. HTTP requests stay with the server's own
   * handler, which may pass any of them to `handleRequest`; a server without a handler gets
   * `handleRequest`. The server's own limits on slow and large requests apply, and none on sockets per address.
   * Nothing listens at `metricsListen`, and with that option `/metrics` is not served here either.
   */
  attach(server: Server): void;

  /** Answers an HTTP request as the relay's own server would. Always ends the response. */
  handleRequest(request: IncomingMessage, response: ServerResponse): void;

  /**
   * Refuses new rooms, waits for up to `drain` seconds until all rooms have ended, closes all
   * connections with 1012, ends the game servers that it has started, stops listening, and detaches
   * from servers. After the drain it takes three seconds at most, or 15 while game servers end. Closing
   * twice is harmless.
   */
  close(): Promise<void>;

  /** Closes all connections with 1011 at once, because this process has failed. */
  abort(): Promise<void>;
}
