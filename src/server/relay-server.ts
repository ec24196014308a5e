import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import { FrontDoor } from '../http/front-door.js';
import { iceServers } from '../http/ice.js';
import { serveMetrics } from '../http/metrics-server.js';
import { type Listening, networkUrls } from '../http/network-address.js';
import { socketLimit } from '../http/socket-limit.js';
import { pageFiles, sdkFiles } from '../http/static-files.js';
import { throttleReports } from '../http/throttle-reports.js';
import { webServer } from '../http/web-server.js';
import { originCheck } from '../limits/origins.js';
import type { Registry } from '../ops/all-metrics.js';
import type { JoinCounts } from '../ops/join-counts.js';
import type { RelayLog } from '../ops/relay-log.js';
import { SharedScrape } from '../ops/shared-scrape.js';
import type { Options } from '../options.js';
import { CLOSE_REASONS } from '../protocol/close-codes.js';
import type { Core } from './core.js';
import type { Dialects } from './dialects.js';
import type { Launch } from './launch.js';
import { addressOf, type ListenAddress, listen } from './listen.js';
import { readOption } from './read-option.js';
import { type Relay, RelayClosedError } from './relay.js';
import type { OtherProcesses } from './surroundings.js';

/** How long connections may take to finish closing before they are terminated, in milliseconds. */
const CLOSE_GRACE = 2_000;

export interface RelayServerParts {
  readonly options: Options;
  readonly log: RelayLog;
  readonly core: Core;
  /** `undefined` if no game servers are started. */
  readonly launch: Launch | undefined;
  readonly dialects: Dialects;
  readonly joins: JoinCounts;
  readonly registry: Registry;
  /** `undefined` if the relay is one process. */
  readonly others: OtherProcesses | undefined;
}

/** Starts, serves and stops a relay. */
export class RelayServer implements Relay {
  /** What it is made of. */
  readonly parts: RelayServerParts;
  readonly #metrics: SharedScrape;
  readonly #frontDoor: FrontDoor;
  /** Functions that stop everything that was started. */
  readonly #stops: (() => void)[] = [];
  #listening: Listening | undefined;
  #closing: Promise<void> | undefined;
  /** Is aborted when the relay is closed or aborted. */
  readonly #end = new AbortController();
  #isStopped = false;

  /** @throws {OptionError} if an option cannot be used */
  constructor(parts: RelayServerParts) {
    this.parts = parts;
    const { registry, others } = parts;
    this.#metrics = new SharedScrape(others?.metricsWith(registry) ?? registry);
    this.#frontDoor = this.#buildFrontDoor();
  }

  get rooms(): number {
    const { core, others } = this.parts;
    return core.rooms.size + (others?.rooms ?? 0);
  }

  get players(): number {
    return this.parts.core.rooms.players;
  }

  attach(server: Server): void {
    const { launch, log } = this.parts;
    this.#serve(server, { requests: server.listenerCount('request') === 0 });
    launch?.listensAt(() => addressOf(server));
    launch?.open().catch((error: unknown) => log.fault(error));
  }

  readonly handleRequest = (request: IncomingMessage, response: ServerResponse): void =>
    this.#frontDoor.request(request, response);

  async listen(): Promise<ListenAddress> {
    const { options, log, core, launch, others } = this.parts;
    this.#end.signal.throwIfAborted();
    // Errors of the state file are reported before anything is opened.
    this.#restore();
    const sockets = socketLimit(core.addresses, core.admission.sockets);
    const wantsBody = (request: IncomingMessage): boolean => this.#frontDoor.wantsBody(request);
    const { server, stop } = readOption('tlsCert', () =>
      webServer({ ...options, maxConnections: core.maxConnections, sockets, wantsBody }),
    );
    this.#stops.push(stop);
    this.#serve(server, { requests: true });
    launch?.listensAt(() => addressOf(server));
    await this.#unlessClosed(launch?.open());
    const fault = (error: unknown): void => log.fault(error);
    if (options.metricsListen !== '') {
      this.#stopsBy(await serveMetrics(options.metricsListen, this.#metrics, fault));
    }
    this.#end.signal.throwIfAborted();
    await this.#unlessClosed(others?.start());
    const address = await listen(server, options);
    if (address === undefined || this.#isStopped) {
      stop();
      throw new RelayClosedError();
    }
    // A socket that cannot be accepted does not affect the others.
    server.on('error', throttleReports(fault));
    this.#listening = { ...address, tls: options.tlsCert !== '' };
    return address;
  }

  /** Restores rooms and starts all checks, in a process whose connections another process accepts. */
  start(): void {
    this.#restore();
    this.#startChecks();
  }

  /** Serves a WebSocket that another process has accepted. Never throws or rejects. */
  handOver(request: IncomingMessage, socket: Socket, head: Buffer): Promise<void> {
    return this.#frontDoor.upgrade(request, socket, head);
  }

  close(drain = this.parts.options.drain): Promise<void> {
    this.#end.abort(new RelayClosedError());
    this.#closing ??= this.#drainAndEnd(drain * 1000);
    return this.#closing;
  }

  async abort(): Promise<void> {
    const { core, others } = this.parts;
    this.#end.abort(new RelayClosedError());
    core.state?.store.stop();
    await Promise.all([this.#endAll(CLOSE_REASONS.internalError), others?.abort()]);
  }

  /** @param drain how long rooms may go on, in milliseconds */
  async #drainAndEnd(drain: number): Promise<void> {
    const { core, launch, others } = this.parts;
    core.rooms.draining = true;
    launch?.fleet.drain();
    await Promise.all([
      core.rooms.whenEmpty(drain),
      launch?.fleet.whenEmpty(drain),
      others?.close(),
    ]);
    // Before the file is written: after a restart, nobody could resume them.
    launch?.fleet.endRooms();
    // Before connections are closed: these players may reconnect after the restart.
    await others?.ending?.();
    core.state?.store.finish();
    await this.#endAll(CLOSE_REASONS.restarting);
  }

  async #endAll(
    reason: typeof CLOSE_REASONS.restarting | typeof CLOSE_REASONS.internalError,
  ): Promise<void> {
    const { core, dialects, launch, others } = this.parts;
    const { rooms, acceptor } = core;
    this.#frontDoor.close();
    dialects.bevygap?.requests.close(reason);
    const whenServersEnd = launch?.fleet.close();
    rooms.endAll(reason);
    await acceptor.close(reason, CLOSE_GRACE);
    await whenServersEnd;
    others?.ended?.();
    this.#isStopped = true;
    for (const stop of this.#stops.splice(0)) stop();
  }

  /** Something was started, and is stopped by this function when the relay ends. */
  #stopsBy(stop: () => void): void {
    if (this.#isStopped) stop();
    else this.#stops.push(stop);
  }

  /** Waits for a step of starting, unless the relay is closed before. */
  #unlessClosed(step: Promise<void> | undefined): Promise<void> {
    const { signal } = this.#end;
    return new Promise((resolve, reject) => {
      signal.addEventListener('abort', () => reject(signal.reason), { once: true });
      Promise.resolve(step).then(resolve, reject);
    });
  }

  #serve(server: Server, { requests }: { readonly requests: boolean }): void {
    this.#restore();
    server.on('upgrade', this.#handleUpgrade);
    if (requests) server.on('request', this.handleRequest);
    this.#startChecks();
    this.#stops.push(() => {
      server.off('upgrade', this.#handleUpgrade);
      server.off('request', this.handleRequest);
    });
  }

  #startChecks(): void {
    const { core, dialects } = this.parts;
    const { load, memoryLimit } = core;
    this.#stops.push(load.start(), memoryLimit.start(), dialects.signaling.start());
  }

  readonly #handleUpgrade = (request: IncomingMessage, socket: Socket, head: Buffer): void =>
    void this.#frontDoor.upgrade(request, socket, head);

  /** Restores saved rooms, once. */
  #restore(): void {
    const { state } = this.parts.core;
    readOption('stateFile', () => state?.check());
    state?.restore();
  }

  #buildFrontDoor(): FrontDoor {
    const { options, log, core, launch, dialects, joins, others } = this.parts;
    const hasWmbp = dialects.enabled.has('wmbp');
    return new FrontDoor({
      ...core,
      log,
      signaling: dialects.signaling,
      serverApi: launch?.serverApi,
      joins,
      dialects: dialects.enabled,
      wmbp: dialects.wmbp,
      bellhop: dialects.bellhop,
      bevygap: dialects.bevygap,
      limits: options,
      elsewhere: others,
      mayConnect: readOption('origin', () => originCheck(options.origin)),
      isOverloaded: () => core.load.overload !== undefined,
      metrics: options.metrics && options.metricsListen === '' ? this.#metrics : undefined,
      // The SDK is served without pages, too: games on other sites import it. Both use WMBP.
      files: new Map(hasWmbp ? [...sdkFiles(), ...(options.pages ? pageFiles() : [])] : []),
      iceServers: readOption('turnUrl', () => iceServers(options)),
      networkUrls: () => this.#networkUrls(),
    });
  }

  /** None behind a proxy, where phones use the address of the proxy. */
  #networkUrls(): readonly string[] {
    const isDirect = this.parts.options.trustProxy === '';
    return this.#listening !== undefined && isDirect ? networkUrls(this.#listening) : [];
  }
}
