import { randomBytes } from 'node:crypto';
import type { Bus } from '../../cluster/bus/bus.js';
import { NatsBus } from '../../cluster/nats/nats-bus.js';
import type { ListedRoomJson } from '../../dialects/wmbp/room-list-json.js';
import type { Described } from '../../http/elsewhere.js';
import type { Route } from '../../http/route.js';
import type { Registry } from '../../ops/all-metrics.js';
import { RemoteShare } from '../../ops/remote-share.js';
import type { MetricsSource } from '../../ops/shared-scrape.js';
import type { Options } from '../../options.js';
import type { RoomCode } from '../../rooms/ids.js';
import type { SeatKey } from '../../rooms/seat-key.js';
import type { Upgrade } from '../../transport/acceptor.js';
import type { Core } from '../core.js';
import type { OtherProcesses, OthersParts } from '../surroundings.js';
import { ClusterCodes } from './cluster-codes.js';
import { addClusterMetrics } from './cluster-metrics.js';
import { EndedRuns } from './ended-runs.js';
import { Membership } from './membership.js';
import { natsAddress } from './nats-address.js';
import { RemoteClients } from './remote-clients.js';

export interface ClusterParts extends OthersParts {
  readonly options: Options;
  /** The name of this relay. */
  readonly node: string;
  readonly core: Core;
  /** Connects to the bus: to NATS by default. */
  readonly connect?: () => Promise<Bus>;
}

/** How often to check how many clients are in rooms of other relays, in milliseconds. */
const SHARE_INTERVAL = 5000;

/** The cluster cannot be used; the message is one line for the operator. */
export class ClusterError extends Error {
  override readonly name = 'ClusterError';
}

/** This relay in a cluster of relays over NATS. */
export class Cluster implements OtherProcesses {
  /** Rooms of other relays do not count as rooms of this one. */
  readonly rooms = 0;
  readonly isOverloaded = false;
  readonly codes: ClusterCodes;
  readonly #parts: ClusterParts;
  /** This run of this relay. */
  readonly run = randomBytes(9).toString('base64url');
  readonly #clients: RemoteClients;
  readonly #startedAt = performance.now();
  readonly #endedRuns: EndedRuns;
  readonly #share = new RemoteShare();
  #membership: Membership | undefined;
  #shareTimer: NodeJS.Timeout | undefined;

  constructor(parts: ClusterParts) {
    this.#parts = parts;
    this.#endedRuns = new EndedRuns(parts.options.maxHold * 1000);
    const { core, log, joins, options } = parts;
    const { codeLength, letters, nodeUrl: url } = options;
    this.codes = new ClusterCodes({
      self: { run: this.run, node: parts.node, url },
      codeLength,
      letters: letters.toUpperCase(),
      readChosen: (chosen) => core.rooms.readChosenCode(chosen),
      isExpired: (run) => this.#isExpired(run),
      lost: (block) => log.cluster.blockLost(block),
      failed: (error) => log.fault(error),
    });
    const links = (): Membership['links'] | undefined => this.#membership?.links;
    this.#clients = new RemoteClients({ ...core, limits: options, joins, log, links });
  }

  /** A room was opened: more codes may be needed. */
  roomOpened(): void {
    this.codes.opened(this.#parts.core.rooms.size);
  }

  roomEnded(code: RoomCode): void {
    this.#membership?.moves?.roomEnded(code);
  }

  get notReady(): string | undefined {
    return this.#membership?.isConnected ? undefined : 'no connection to NATS';
  }

  /** Clients here whose rooms are elsewhere or at no relay, and clients elsewhere whose rooms are here. */
  get clients(): { readonly edge: number; readonly home: number; readonly waiting: number } {
    const { edge = 0, home = 0 } = this.#membership?.links.clients ?? {};
    return { edge, home, waiting: this.#membership?.waiting ?? 0 };
  }

  /** The bytes in the buffers of all links. */
  get bufferedBytes(): number {
    return this.#membership?.links.bufferedBytes ?? 0;
  }

  /** @throws {ClusterError} one line that says why the cluster cannot be used */
  async start(): Promise<void> {
    const { node, core, log, options, connect = () => this.#connect() } = this.#parts;
    try {
      this.#membership = await Membership.join({
        bus: await connect(),
        options,
        node,
        run: this.run,
        core,
        log,
        codes: this.codes,
        clients: this.#clients,
        endedRuns: this.#endedRuns,
        uptime: () => this.#uptime,
      });
    } catch (error) {
      throw new ClusterError((error as Error).message);
    }
    this.#shareTimer = setInterval(() => this.#warnOfMany(), SHARE_INTERVAL).unref();
  }

  /** Hands rooms that wait to other relays. The others go on until they end. */
  async close(): Promise<void> {
    const membership = this.#membership;
    if (membership?.isConnected && membership.hasOthers) await membership.moves?.letGo();
  }

  async ending(): Promise<void> {
    await this.#membership?.moves?.finish();
  }

  async abort(): Promise<void> {
    this.ended();
  }

  ended(): void {
    clearInterval(this.#shareTimer);
    this.#membership?.close();
    this.#membership = undefined;
  }

  settled(): undefined {
    return undefined;
  }

  take(target: Route, upgrade: Upgrade): boolean | Promise<boolean> {
    return this.#membership?.rooms?.take(target, upgrade) ?? false;
  }

  async describe(code: RoomCode, seat: SeatKey | undefined): Promise<Described> {
    return this.#membership?.rooms?.describe(code, seat);
  }

  async list(
    name: string,
    most: number,
    after: RoomCode | undefined,
  ): Promise<readonly ListedRoomJson[]> {
    return (await this.#membership?.rooms?.list(name, most, after)) ?? [];
  }

  metricsWith(own: Registry): MetricsSource {
    addClusterMetrics(own, {
      nodes: () => this.#membership?.nodes.others.length ?? 0,
      isConnected: () => this.#membership?.isConnected ?? false,
      links: () => this.#membership?.links.size ?? 0,
      bufferedBytes: () => this.bufferedBytes,
      clients: () => this.clients,
      blocks: () => this.codes.drawn.length,
      takeovers: () => this.#membership?.counts.takeovers ?? 0,
      recordErrors: () => this.#membership?.counts.recordErrors ?? 0,
    });
    return own;
  }

  get #uptime(): number {
    return performance.now() - this.#startedAt;
  }

  /** Warns if many clients of this relay are in rooms of other relays. */
  #warnOfMany(): void {
    const { core, log } = this.#parts;
    const { player, viewer } = core.acceptor.connections.counts;
    const { edge } = this.clients;
    const all = player + viewer;
    if (this.#share.isDue(edge, all, performance.now())) log.cluster.manyRemote(edge, all);
  }

  #connect(): Promise<Bus> {
    const { log, node, options } = this.#parts;
    return NatsBus.connect({
      address: natsAddress(options),
      name: `lobby-relay ${node}`,
      replicas: options.clusterReplicas,
      notReplicated: (reason) => log.cluster.notReplicated(reason),
    });
  }

  /** Whether rooms of this run cannot come back any more. */
  #isExpired(run: string): boolean {
    if (this.#membership !== undefined) return this.#membership.isExpired(run);
    return run !== this.run && this.#endedRuns.isExpired(run, this.#uptime);
  }
}
