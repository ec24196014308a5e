import { once } from 'node:events';
import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { addresses } from './guard/address.js';
import { Admission } from './guard/admission.js';
import { createTokenCheck } from './guard/create-token.js';
import { LoadMonitor } from './guard/load-monitor.js';
import { connectionsForDescriptors, memoryForBuffers } from './guard/machine.js';
import { originCheck } from './guard/origins.js';
import { FrontDoor } from './http/front-door.js';
import { iceServers } from './http/ice.js';
import { JoinCounts } from './http/join-counts.js';
import { metricsRegistry } from './http/metrics.js';
import { serveMetrics } from './http/metrics-server.js';
import { pageFiles, sdkFile } from './http/static-files.js';
import { webServer } from './http/web-server.js';
import { RelayLog, type RelayLogger } from './log/relay-log.js';
import { flagOf } from './options/describe.js';
import { completeOptions, OptionError } from './options/read.js';
import type { OptionName, Options } from './options.js';
import { CLOSINGS } from './protocol/close-codes.js';
import { keptBytes, shedKept, whoIsAway } from './rooms/kept.js';
import { RoomRegistry } from './rooms/room-registry.js';
import { StateKeeper } from './state/state-keeper.js';
import { Acceptor } from './transport/acceptor.js';

/** How long everybody may take to confirm their close before they are cut, in milliseconds. */
const CLOSE_GRACE = 2_000;

/** What `createRelay` takes: any of the command line's options, and a log. */
export interface RelayOptions extends Partial<Omit<Options, 'logLevel' | 'logFormat' | 'qr'>> {
  /** Where to log, `pino` or what has its methods; without one, nothing is logged. */
  readonly logger?: RelayLogger;
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
   * The bounds on slow and large requests are then that server's.
   */
  attach(server: Server): void;

  /** Answers an HTTP request as the relay's own server would. Always ends the response. */
  handleRequest(request: IncomingMessage, response: ServerResponse): void;

  /**
   * Takes no new rooms, waits until the running ones have ended or the option `drain` is over,
   * closes everybody with 1012, stops listening, and lets go of servers it was attached to. After
   * the drain it takes three seconds at most. Closing twice is harmless.
   */
  close(): Promise<void>;

  /** Closes everybody with 1011 at once, because something is wrong with this process. */
  abort(): Promise<void>;
}

/**
 * Builds a relay. It does nothing until it is told to listen or is attached to a server.
 *
 * @throws {OptionError} if an option is out of its bounds
 */
export function createRelay({ logger, ...given }: RelayOptions = {}): Relay {
  const options = completeOptions(given);
  if (!options.metrics && options.metricsListen !== '') {
    throw new OptionError(`${flagOf('metricsListen')}: there are no metrics with --no-metrics`);
  }
  const memory = options.memory || memoryForBuffers();
  const maxConnections = options.maxConnections || connectionsForDescriptors();
  const log = new RelayLog(logger);
  const joins = new JoinCounts();

  // What is kept has to fit into the queue of the connection that gets it.
  const keep = Math.min(options.keep, options.playerBacklog / 2);
  const rooms = new RoomRegistry({ ...options, keep }, log);
  const state = options.stateFile === '' ? undefined : keepState(options.stateFile, rooms, log);
  const admission = new Admission({ ...options, maxConnections }, () => load.overload);
  const acceptor = new Acceptor({
    ...options,
    memory,
    kept: {
      bytes: () => keptBytes(rooms.all),
      shed: (excess) => shedKept([...rooms.all], excess),
    },
    fault: (error) => log.fault(error),
    connected: (address) => admission.connected(address),
    disconnected: (address) => admission.disconnected(address),
  });
  const load = new LoadMonitor(
    options,
    () => acceptor.overfull,
    (what, lag) => log.tooBusy(what, lag),
  );
  const metrics = metricsRegistry({
    rooms: () => rooms.rooms,
    connections: () => acceptor.connections,
    traffic: () => rooms.traffic,
    joins: () => joins.results,
    closes: () => acceptor.closes,
    away: () => whoIsAway([...rooms.all]),
    stateErrors: () => state?.errors ?? 0,
    backlog: () => acceptor.buffered,
    paused: () => acceptor.paused,
    lag: () => load.lag,
  });
  const frontDoor = new FrontDoor({
    rooms,
    acceptor,
    admission,
    joins,
    log,
    limits: options,
    addresses: readOption('trustProxy', () => addresses(options.trustProxy)),
    mayConnect: readOption('origin', () => originCheck(options.origin)),
    mayCreate: createTokenCheck(options.createToken),
    isOverloaded: () => load.overload !== undefined,
    metrics: options.metrics && options.metricsListen === '' ? metrics : undefined,
    // The SDK is no page, but what the pages of games elsewhere are made with.
    files: new Map([...sdkFile(), ...(options.pages ? pageFiles() : [])]),
    iceServers: readOption('turnUrl', () => iceServers(options)),
  });

  const handleRequest = (request: IncomingMessage, response: ServerResponse): void =>
    void frontDoor.request(request, response);
  const handleUpgrade = (request: IncomingMessage, socket: Socket, head: Buffer): void =>
    frontDoor.upgrade(request, socket, head);

  let restored = false;
  const restore = (): void => {
    if (!restored && state !== undefined) rooms.restore(state.read());
    restored = true;
  };
  const stops: (() => void)[] = [];
  const serve = (server: Server, { requests }: { readonly requests: boolean }): void => {
    restore();
    server.on('upgrade', handleUpgrade);
    if (requests) server.on('request', handleRequest);
    stops.push(load.start(), () => {
      server.off('upgrade', handleUpgrade);
      server.off('request', handleRequest);
    });
  };
  const endAll = async (closing: typeof CLOSINGS.restarting | typeof CLOSINGS.internalError) => {
    frontDoor.close();
    rooms.endAll(closing);
    await acceptor.close(CLOSE_GRACE);
    for (const stop of stops.splice(0)) stop();
  };
  let closing: Promise<void> | undefined;

  return {
    get rooms() {
      return rooms.rooms;
    },
    get players() {
      return acceptor.connections.player;
    },
    attach: (server) => serve(server, { requests: server.listenerCount('request') === 0 }),
    handleRequest,
    async listen() {
      const { server, stop } = readOption('tlsCert', () =>
        webServer({ ...options, maxConnections }),
      );
      serve(server, { requests: true });
      if (options.metricsListen !== '') {
        stops.push(await serveMetrics(options.metricsListen, metrics));
      }
      const address = await listen(server, options);
      stops.push(stop);
      return address;
    },
    close() {
      closing ??= (async () => {
        rooms.draining = true;
        await rooms.whenEmpty(options.drain * 1000);
        // Before anybody is closed: who sits where now is who may come back.
        state?.finish();
        await endAll(CLOSINGS.restarting);
      })();
      return closing;
    },
    abort() {
      state?.stop();
      return endAll(CLOSINGS.internalError);
    },
  };
}

/** Rooms that outlive the process; those of the one before are there again. */
function keepState(path: string, rooms: RoomRegistry, log: RelayLog): StateKeeper {
  const keeper = new StateKeeper(path, () => rooms.all, log);
  rooms.onChange = (room) => keeper.changed(room);
  return keeper;
}

async function listen(server: Server, { port, host }: Options): Promise<ListenAddress> {
  server.listen({ port, ...(host !== '' && { host }) });
  await once(server, 'listening');
  return server.address() as AddressInfo;
}

/** Uses an option that only its use can check. */
function readOption<T>(name: OptionName, use: () => T): T {
  try {
    return use();
  } catch (error) {
    throw new OptionError(`${flagOf(name)}: ${(error as Error).message}`);
  }
}
