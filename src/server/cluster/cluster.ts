import { randomBytes } from 'node:crypto';
import type { Bus } from '../../cluster/bus/bus.js';
import { Directory } from '../../cluster/directory/directory.js';
import type { Place } from '../../cluster/directory/records.js';
import { confirmNode, registerNode } from '../../cluster/directory/register-node.js';
import { NatsBus } from '../../cluster/nats/nats-bus.js';
import { Nodes } from '../../cluster/nodes/nodes.js';
import type { Join } from '../../cluster/wire/frames.js';
import { VERSION } from '../../cluster/wire/wire.js';
import type { ListedRoomJson } from '../../dialects/wmbp/room-list-json.js';
import type { Described } from '../../http/elsewhere.js';
import { roomAnswers } from '../../http/room-answers.js';
import type { Route } from '../../http/route.js';
import { type StopTimer, SYSTEM_TIMERS } from '../../launch/timers.js';
import type { Registry } from '../../ops/all-metrics.js';
import type { MetricsSource } from '../../ops/shared-scrape.js';
import type { Options } from '../../options.js';
import { CLOSE_REASONS, type CloseReason } from '../../protocol/close-codes.js';
import type { RoomCode } from '../../rooms/ids.js';
import type { Room } from '../../rooms/room.js';
import type { SeatKey } from '../../rooms/seat-key.js';
import type { Upgrade } from '../../transport/acceptor.js';
import type { Core } from '../core.js';
import type { OtherProcesses, OthersParts } from '../surroundings.js';
import { ClusterCodes } from './cluster-codes.js';
import { ClusterLinks } from './cluster-links.js';
import { addClusterMetrics } from './cluster-metrics.js';
import { ClusterRooms } from './cluster-rooms.js';
import { EndedRuns } from './ended-runs.js';
import { natsAddress } from './nats-address.js';
import { NodeRequests } from './node-requests.js';
import { RemoteClients } from './remote-clients.js';

export interface ClusterParts extends OthersParts {
  readonly options: Options;
  /** The name of this relay. */
  readonly node: string;
  readonly core: Core;
}

/** The parts of a cluster that exist while the relay is connected to it. */
interface Joined {
  readonly bus: Bus;
  readonly nodes: Nodes;
  readonly directory: Directory;
  readonly links: ClusterLinks;
  readonly rooms: ClusterRooms;
}

/** How long a relay may take to answer whether it runs, in milliseconds. */
const PING_TIMEOUT = 700;

/** The time between attempts to claim again what NATS has lost, in milliseconds. */
const CONFIRM_INTERVAL = 1000;

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
  readonly #run = randomBytes(9).toString('base64url');
  readonly #clients: RemoteClients;
  readonly #startedAt = performance.now();
  readonly #endedRuns: EndedRuns;
  #joined: Joined | undefined;
  #stopConfirming: StopTimer | undefined;

  constructor(parts: ClusterParts) {
    this.#parts = parts;
    this.#endedRuns = new EndedRuns(parts.options.maxHold * 1000);
    const { core, log, joins, options } = parts;
    const { codeLength, letters, nodeUrl: url } = options;
    this.codes = new ClusterCodes({
      self: { run: this.#run, node: parts.node, url },
      codeLength,
      letters: letters.toUpperCase(),
      readChosen: (chosen) => core.rooms.readChosenCode(chosen),
      isExpired: (run) => this.#isExpired(run),
      lost: (block) => log.cluster.blockLost(block),
      failed: (error) => log.fault(error),
    });
    const links = (): ClusterLinks | undefined => this.#joined?.links;
    this.#clients = new RemoteClients({ ...core, limits: options, joins, log, links });
  }

  /** A room was opened: more codes may be needed. */
  roomOpened(): void {
    this.codes.opened(this.#parts.core.rooms.size);
  }

  get notReady(): string | undefined {
    return this.#joined?.bus.isConnected ? undefined : 'no connection to NATS';
  }

  /** The clients of this relay in rooms of others, and clients of others in rooms of this relay. */
  get clients(): { readonly edge: number; readonly home: number } {
    return this.#joined?.links.clients ?? { edge: 0, home: 0 };
  }

  /** The bytes in the buffers of all links. */
  get bufferedBytes(): number {
    return this.#joined?.links.bufferedBytes ?? 0;
  }

  /** @throws {ClusterError} one line that says why the cluster cannot be used */
  async start(): Promise<void> {
    try {
      await this.#join();
    } catch (error) {
      throw new ClusterError((error as Error).message);
    }
  }

  async #join(): Promise<void> {
    const { options, log, node, core } = this.#parts;
    const { clusterName } = options;
    const prefix = `lr.${clusterName}`;
    const bus = await NatsBus.connect({
      address: natsAddress(options),
      name: `lobby-relay ${node}`,
    });
    const nodes = this.#openNodes(bus, prefix);
    const bucket = await bus.bucket(bucketOf(options));
    const isRunning = async (run: string): Promise<boolean> =>
      (await nodes.ping(run, PING_TIMEOUT)) === 'answer';
    const before = await registerNode(bucket, node, this.#place, isRunning);
    const blocks = this.codes.open(bucket);
    const directory = await Directory.open(bucket, {
      blockChanged: (...changed) => blocks.changed(...changed),
    });
    await this.codes.claim(directory, before);
    const answers = roomAnswers(core.rooms, options);
    const requests = new NodeRequests(bus, prefix, this.#run, answers);
    const links = this.#openLinks(bus, prefix, nodes);
    const rooms = new ClusterRooms({
      run: this.#run,
      rooms: core.rooms,
      directory,
      nodes,
      requests,
      answers,
      clients: this.#clients,
      isExpired: (run) => this.#isExpired(run),
      fault: (error) => log.fault(error),
    });
    await bus.flush();
    this.#joined = { bus, nodes, directory, links, rooms };
    bus.onStatus((status) => this.#statusChanged(status));
    log.cluster.joined(node, this.codes.drawn.length);
  }

  /** Nothing: the rooms of this relay go on until they end. */
  async close(): Promise<void> {}

  async abort(): Promise<void> {
    this.ended();
  }

  ended(): void {
    this.#stopConfirming?.();
    const joined = this.#joined;
    this.#joined = undefined;
    joined?.links.close();
    joined?.nodes.close();
    joined?.directory.close();
    void joined?.bus.close().catch(() => {});
  }

  settled(): undefined {
    return undefined;
  }

  take(target: Route, upgrade: Upgrade): boolean {
    return this.#joined?.rooms.take(target, upgrade) ?? false;
  }

  async describe(code: RoomCode, seat: SeatKey | undefined): Promise<Described> {
    return this.#joined?.rooms.describe(code, seat);
  }

  async list(
    name: string,
    most: number,
    after: RoomCode | undefined,
  ): Promise<readonly ListedRoomJson[]> {
    return (await this.#joined?.rooms.list(name, most, after)) ?? [];
  }

  metricsWith(own: Registry): MetricsSource {
    addClusterMetrics(own, {
      nodes: () => this.#joined?.nodes.others.length ?? 0,
      isConnected: () => this.#joined?.bus.isConnected ?? false,
      links: () => this.#joined?.links.size ?? 0,
      bufferedBytes: () => this.bufferedBytes,
      clients: () => this.clients,
      blocks: () => this.codes.drawn.length,
    });
    return own;
  }

  get #uptime(): number {
    return performance.now() - this.#startedAt;
  }

  get #place(): Place {
    return { run: this.#run, url: this.#parts.options.nodeUrl };
  }

  #openNodes(bus: Bus, prefix: string): Nodes {
    const { core, log, node, options } = this.#parts;
    return new Nodes({
      bus,
      prefix,
      timers: SYSTEM_TIMERS,
      observer: {
        silent: (run) => log.cluster.nodeSilent(run),
        back: (run) => log.cluster.nodeBack(run),
        ended: (run) => {
          this.#endedRuns.add(run, this.#uptime);
          this.#joined?.links.runEnded(run);
          log.cluster.nodeEnded(run);
        },
      },
      own: () => ({
        run: this.#run,
        node,
        url: options.nodeUrl,
        rooms: core.rooms.size,
        load: core.load.overload === undefined ? 0 : 1,
        isDraining: core.rooms.draining,
        version: VERSION,
      }),
    });
  }

  #openLinks(bus: Bus, prefix: string, nodes: Nodes): ClusterLinks {
    const { core, log, options } = this.#parts;
    return new ClusterLinks({
      bus,
      prefix,
      run: this.#run,
      timers: SYSTEM_TIMERS,
      schedule: (flushable) => core.acceptor.schedule(flushable),
      maxMessage: Math.max(options.maxHostMessage, options.maxPlayerMessage),
      stall: options.stall * 1000,
      findRoom: (join) => this.#findRoom(join),
      clientClosed: (client) => this.#clients.closed(client),
      usedChanged: (run, isUsed) => nodes.setUsed(run, isUsed),
      broken: (run, reason) => log.cluster.linkBroken(run, reason),
    });
  }

  #findRoom({ code }: Join): Room | CloseReason {
    return this.#parts.core.rooms.find(code) ?? CLOSE_REASONS.noSuchRoom;
  }

  #statusChanged(status: 'disconnected' | 'reconnected'): void {
    const { log } = this.#parts;
    log.cluster.statusChanged(status === 'reconnected');
    this.#stopConfirming?.();
    if (status === 'reconnected') void this.#confirm(true);
  }

  /**
   * After a reconnect, claims again what NATS has lost. JetStream may start later than NATS: tries until it
   * answers.
   */
  async #confirm(isFirst: boolean): Promise<void> {
    const { log, node, options } = this.#parts;
    const bus = this.#joined?.bus;
    try {
      const bucket = await bus?.bucket(bucketOf(options));
      await this.codes.confirm();
      if (bucket !== undefined) await confirmNode(bucket, node, this.#place);
    } catch (error) {
      if (isFirst) log.fault(error);
      // After another disconnect, the next reconnect confirms.
      if (this.#joined === undefined || !bus?.isConnected) return;
      this.#stopConfirming?.();
      this.#stopConfirming = SYSTEM_TIMERS.after(CONFIRM_INTERVAL, () => void this.#confirm(false));
    }
  }

  /** Whether rooms of this run cannot come back any more. */
  #isExpired(run: string): boolean {
    if (run === this.#run || this.#joined?.nodes.get(run) !== undefined) return false;
    return this.#endedRuns.isExpired(run, this.#uptime);
  }
}

function bucketOf({ clusterName }: Options): string {
  return `lr_${clusterName}_codes`;
}
