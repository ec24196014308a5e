import type { IncomingMessage } from 'node:http';
import type { Socket } from 'node:net';
import { type Server, WebSocketServer } from 'ws';
import { Connection, type ConnectionLog } from './connection.js';
import { FlushCycle } from './flush-cycle.js';
import { OrderedWebSocket } from './ordered-web-socket.js';

export type Role = 'host' | 'player';

export interface AcceptorOptions {
  /** The largest message that is accepted, in bytes; a larger one is closed with 1009. */
  readonly maxMessage: Readonly<Record<Role, number>>;
  readonly log: ConnectionLog;
}

/** How long a closed client may take to confirm before it is cut, in milliseconds. */
const CLOSE_TIMEOUT = 10_000;

/** Turns upgrade requests into connections. */
export class Acceptor {
  readonly #servers: Readonly<Record<Role, Server<typeof OrderedWebSocket>>>;
  readonly #cycle = new FlushCycle();
  readonly #log: ConnectionLog;

  constructor({ maxMessage, log }: AcceptorOptions) {
    this.#log = log;
    this.#servers = {
      host: webSocketServer(maxMessage.host),
      player: webSocketServer(maxMessage.player),
    };
  }

  /** Completes the handshake; a request that is no valid one is answered with its HTTP error. */
  accept(
    role: Role,
    request: IncomingMessage,
    socket: Socket,
    head: Buffer,
    serve: (connection: Connection) => void,
  ): void {
    socket.setNoDelay(true);
    this.#servers[role].handleUpgrade(request, socket, head, (webSocket) => {
      const connection = new Connection(webSocket, socket, this.#cycle, this.#log);
      connection.guard(() => serve(connection));
    });
  }

  /**
   * Accepts nobody any more and waits until everybody is gone; who is not by then is cut.
   *
   * @param grace how long that may take, in milliseconds
   */
  async close(grace: number): Promise<void> {
    const servers = Object.values(this.#servers);
    const cut = setTimeout(() => {
      for (const server of servers) for (const client of server.clients) client.terminate();
    }, grace);
    await Promise.all(servers.map((server) => new Promise((done) => server.close(done))));
    clearTimeout(cut);
  }
}

function webSocketServer(maxPayload: number): Server<typeof OrderedWebSocket> {
  const options = {
    noServer: true,
    WebSocket: OrderedWebSocket,
    maxPayload,
    perMessageDeflate: false,
    // Pongs go through the outbox like everything else.
    autoPong: false,
    closeTimeout: CLOSE_TIMEOUT,
  };
  return new WebSocketServer(options);
}
