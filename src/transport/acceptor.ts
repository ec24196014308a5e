import type { IncomingMessage } from 'node:http';
import type { Socket } from 'node:net';
import { CLOSE_REASONS, type CloseReason } from '../protocol/close-codes.js';
import { Connection, type ConnectionContext, type Link } from './connection.js';
import { Connections, type OpenRole, type Role } from './connections.js';
import { type Flushable, FlushCycle } from './flush-cycle.js';
import { Handshakes } from './handshake.js';
import { ServerWebSocket, type WebSocketBounds } from './server-web-socket.js';

/** A request for a WebSocket. */
export interface Upgrade {
  readonly request: IncomingMessage;
  readonly socket: Socket;
  /** The bytes that arrived after the request. */
  readonly head: Buffer;
  /** The address under which the connection is counted. */
  readonly address: string;
}

export interface AcceptorOptions {
  /** The largest message that is accepted, in bytes; a larger one is closed with 1009. */
  readonly maxMessage: Readonly<Record<OpenRole, number>>;
  /** How long a send buffer may make no progress, in seconds. */
  readonly stall: number;
  /** Idle time before a ping, in seconds; 0 for no pings. */
  readonly ping: number;
  /** An exception in the relay's own code. */
  fault(error: unknown): void;
  /** A connection of this address was accepted. */
  connected(address: string): void;
  /** The socket of such a connection is closed. */
  disconnected(address: string): void;
}

/**
 * How long a client may take to confirm a close before it is terminated, in milliseconds: a phone
 * whose connection stalls for some seconds must still receive the reason. Refused clients have less
 * time.
 */
const CLOSE_TIMEOUT = 15_000;
const REFUSED_TIMEOUT = 5000;

/** How long refused connections may take to finish closing when the relay stops, in milliseconds. */
const REFUSED_GRACE = 500;

/** The longest message of a refused client, in bytes. Its messages are dropped. */
const REFUSED_MESSAGE = 1024;

/** Completes handshakes, and turns upgrade requests into connections. */
export class Acceptor {
  readonly connections = new Connections();
  /** Refused clients have separate handshakes, which continue until the relay has stopped. */
  readonly #handshakes = { accepted: new Handshakes(), refused: new Handshakes() };
  readonly #bounds: Readonly<Record<Role, WebSocketBounds>>;
  readonly #contexts: Readonly<Record<Role, ConnectionContext>>;
  readonly #options: AcceptorOptions;
  #stopChecks: (() => void) | undefined;

  constructor(options: AcceptorOptions) {
    this.#options = options;
    const bounds = (role: OpenRole): WebSocketBounds => ({
      maxMessage: options.maxMessage[role],
      closeTimeout: CLOSE_TIMEOUT,
    });
    this.#bounds = {
      host: bounds('host'),
      player: bounds('player'),
      viewer: bounds('viewer'),
      peer: bounds('peer'),
      requester: bounds('requester'),
      refused: { maxMessage: REFUSED_MESSAGE, closeTimeout: REFUSED_TIMEOUT },
    };
    const { connections } = this;
    const accepted: ConnectionContext = {
      cycle: new FlushCycle(),
      stall: options.stall * 1000,
      ping: options.ping * 1000,
      fault: options.fault,
      ended: (connection, code) => connections.ended(connection, code),
      gone(connection) {
        options.disconnected(connection.address);
        connections.gone(connection);
      },
    };
    const refused: ConnectionContext = {
      ...accepted,
      ended: (connection, code) => connections.refusedEnded(connection, code),
      gone: (connection) => connections.refusedGone(connection),
    };
    this.#contexts = {
      host: accepted,
      player: accepted,
      // One message may go to ten thousand viewers, and the games must not wait for that.
      viewer: { ...accepted, isFlushedLast: true },
      peer: accepted,
      requester: accepted,
      refused,
    };
  }

  /**
   * Completes the handshake, or answers an invalid request with an HTTP error. Returns whether there is
   * a connection.
   */
  accept(role: Role, upgrade: Upgrade, create: (link: Link) => Connection): boolean {
    const { request, socket } = upgrade;
    socket.setNoDelay(true);
    this.#contexts[role].cycle.gather(socket);
    let isConnected = false;
    this.#handshakes[role === 'refused' ? 'refused' : 'accepted'].complete(request, socket, () => {
      isConnected = true;
      this.#connect(role, upgrade, create);
    });
    this.#stopChecks ??= this.#startChecks();
    return isConnected;
  }

  /** Has this flushed at the end of the turn, with the output of all connections. */
  schedule(flushable: Flushable): void {
    this.#contexts.player.cycle.schedule(flushable);
  }

  /**
   * Accepts, and closes with the reason: a browser learns of a refusal in no other way.
   *
   * @param create makes a connection that says something before it closes
   */
  refuse(reason: CloseReason, upgrade: Upgrade, create = plainConnection): void {
    if (!this.connections.mayRefuse(upgrade.address)) return void upgrade.socket.destroy();
    this.accept('refused', upgrade, (link) => {
      const connection = create(link);
      connection.close(reason);
      return connection;
    });
  }

  /**
   * Accepts no more connections, closes all open ones, and waits until their sockets are closed.
   * Connections that take longer are terminated.
   *
   * @param grace the longest time to wait, in milliseconds
   */
  async close(reason: CloseReason, grace: number): Promise<void> {
    this.#handshakes.accepted.close();
    await this.connections.closeAll(reason, grace);
    // Until the end, clients that reconnect too early still get the reason for the refusal.
    this.#handshakes.refused.close();
    await this.connections.closeRefused(REFUSED_GRACE);
    this.#stopChecks?.();
  }

  #connect(role: Role, upgrade: Upgrade, create: (link: Link) => Connection): void {
    const { socket, head, address } = upgrade;
    const context = this.#contexts[role];
    const webSocket = new ServerWebSocket(socket, this.#bounds[role], context.cycle);
    const isCounted = role !== 'refused';
    try {
      if (isCounted) this.#options.connected(address);
      const connection = create({ webSocket, socket, address, context });
      // A connection that was refused while it was created has already ended.
      if (isCounted && webSocket.open) this.connections.open(role, connection);
      webSocket.readHead(head);
    } catch (error) {
      context.fault(error);
      webSocket.close(CLOSE_REASONS.internalError.code, CLOSE_REASONS.internalError.reason);
      // There is no connection that would report the end of the socket.
      if (webSocket.owner === undefined && isCounted) this.#options.disconnected(address);
    }
  }

  #startChecks(): () => void {
    const { stall, ping } = this.#options;
    return this.connections.startChecks(Math.min(stall, ping || stall) * 1000);
  }
}

function plainConnection(link: Link): Connection {
  return new Connection(link);
}
