import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import type { Logger } from 'pino';
import { FrontDoor } from './http/front-door.js';
import { metricsRegistry } from './http/metrics.js';
import { completeOptions, type Options } from './options.js';
import { CLOSINGS } from './protocol/close-codes.js';
import { RoomRegistry } from './rooms/room-registry.js';
import { Acceptor } from './transport/acceptor.js';

/** How long everybody may take to confirm their close before they are cut, in milliseconds. */
const CLOSE_GRACE = 2_000;

/** What `createRelay` takes: any of the command line's options, and a log. */
export interface RelayOptions extends Partial<Omit<Options, 'logLevel' | 'logFormat'>> {
  /** Where to log, `pino` or what has its methods; without one, nothing is logged. */
  readonly logger?: Pick<Logger, 'info' | 'warn' | 'error' | 'debug'>;
}

/** Where a relay listens. */
export interface ListenAddress {
  readonly address: string;
  /** The real port, also if port 0 was asked for. */
  readonly port: number;
}

/** A relay with all its rooms. */
export interface Relay {
  /** How many rooms can be reached by a code now. */
  readonly rooms: number;
  /** How many players are in all rooms together now. */
  readonly players: number;

  /**
   * Listens on the options' `host` and `port` with a server of its own.
   *
   * @throws what `net.Server` emits as an error: `EADDRINUSE` if the port is in use, `EACCES` if
   * it may not be had
   */
  listen(): Promise<ListenAddress>;

  /**
   * Takes over the WebSocket upgrades of an existing server. Its HTTP requests stay with its own
   * handler, which may pass any of them to `handleRequest`; a server that has none gets that one.
   */
  attach(server: Server): void;

  /** Answers an HTTP request as the relay's own server would. Always ends the response. */
  handleRequest(request: IncomingMessage, response: ServerResponse): void;

  /**
   * Ends all rooms, closes everybody with 1012, stops listening, and lets go of servers it was
   * attached to. Takes two seconds at most. Closing twice is harmless.
   */
  close(): Promise<void>;
}

/**
 * Builds a relay. It does nothing until it is told to listen or is attached to a server.
 *
 * @throws {OptionError} if an option is out of its bounds
 */
export function createRelay({ logger, ...given }: RelayOptions = {}): Relay {
  const options = completeOptions(given);
  const log = { fault: (err: unknown) => logger?.error({ err }, 'fault') };
  const rooms = new RoomRegistry(options);
  const acceptor = new Acceptor({
    maxMessage: { host: options.maxHostMessage, player: options.maxPlayerMessage },
    log,
  });
  const frontDoor = new FrontDoor({ rooms, acceptor, metrics: metricsRegistry(rooms), log });
  const handleRequest = (request: IncomingMessage, response: ServerResponse): void =>
    void frontDoor.request(request, response);
  const handleUpgrade = (request: IncomingMessage, socket: Socket, head: Buffer): void =>
    frontDoor.upgrade(request, socket, head);

  const stops: (() => void)[] = [];
  const attach = (server: Server): void => {
    server.on('upgrade', handleUpgrade);
    if (server.listenerCount('request') === 0) server.on('request', handleRequest);
    stops.push(() => {
      server.off('upgrade', handleUpgrade);
      server.off('request', handleRequest);
    });
  };
  const shutDown = async (): Promise<void> => {
    frontDoor.draining = true;
    rooms.endAll(CLOSINGS.restarting);
    await acceptor.close(CLOSE_GRACE);
    for (const stop of stops) stop();
  };
  let closed: Promise<void> | undefined;

  return {
    get rooms() {
      return rooms.rooms;
    },
    get players() {
      return rooms.players;
    },
    attach,
    handleRequest,
    async listen() {
      const server = createServer();
      attach(server);
      const address = await listen(server, options);
      stops.push(() => {
        server.close();
        server.closeAllConnections();
      });
      return address;
    },
    close() {
      closed ??= shutDown();
      return closed;
    },
  };
}

async function listen(server: Server, { port, host }: Options): Promise<ListenAddress> {
  server.listen({ port, ...(host !== '' && { host }) });
  await once(server, 'listening');
  return server.address() as AddressInfo;
}
