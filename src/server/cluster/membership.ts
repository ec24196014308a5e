import type { Bucket, Bus } from '../../cluster/bus/bus.js';
import { Directory } from '../../cluster/directory/directory.js';
import type { Place } from '../../cluster/directory/records.js';
import { confirmNode, registerNode } from '../../cluster/directory/register-node.js';
import { Nodes } from '../../cluster/nodes/nodes.js';
import { VERSION } from '../../cluster/wire/wire.js';
import { roomAnswers } from '../../http/room-answers.js';
import { every, type StopTimer, SYSTEM_TIMERS } from '../../launch/timers.js';
import type { RelayLog } from '../../ops/relay-log.js';
import type { Options } from '../../options.js';
import type { Core } from '../core.js';
import type { ClusterCodes } from './cluster-codes.js';
import { ClusterLinks } from './cluster-links.js';
import { ClusterRooms } from './cluster-rooms.js';
import { Confirmation } from './confirmation.js';
import type { EndedRuns } from './ended-runs.js';
import { Arrivals } from './moves/arrivals.js';
import { buildMoves, type MoveCounts, type Moves } from './moves/build-moves.js';
import type { Gathering } from './moves/gathering.js';
import { hasEnded } from './moves/has-ended.js';
import { restoreRooms } from './moves/restore-rooms.js';
import type { RoomMoves } from './moves/room-moves.js';
import { codesBucketOf, prefixOf, roomsBucketOf } from './nats-names.js';
import { NodeRequests } from './node-requests.js';
import type { RemoteClients } from './remote-clients.js';
import { roomOfJoin } from './room-of-join.js';

/** How long a relay may take to answer whether it runs, in milliseconds. */
const PING_TIMEOUT = 700;

/** How often to look for moves of rooms that do not come back any more, in milliseconds. */
const EXPIRED_INTERVAL = 60_000;

export interface MembershipParts {
  readonly bus: Bus;
  readonly options: Options;
  /** The name of this relay. */
  readonly node: string;
  readonly run: string;
  readonly core: Core;
  readonly log: RelayLog;
  readonly codes: ClusterCodes;
  readonly clients: RemoteClients;
  readonly endedRuns: EndedRuns;
  /** The time since this relay was started, in milliseconds. */
  readonly uptime: () => number;
}

/** What a relay has while it is in a cluster. */
export class Membership {
  readonly nodes: Nodes;
  readonly links: ClusterLinks;
  readonly counts: MoveCounts = { takeovers: 0, recordErrors: 0 };
  readonly #parts: MembershipParts;
  readonly #arrivals = new Arrivals(SYSTEM_TIMERS);
  readonly #confirmation: Confirmation;
  #directory: Directory | undefined;
  #rooms: ClusterRooms | undefined;
  #moves: Moves | undefined;
  #stopExpiring: StopTimer | undefined;

  private constructor(parts: MembershipParts) {
    this.#parts = parts;
    this.#confirmation = new Confirmation({
      timers: SYSTEM_TIMERS,
      isConnected: () => this.isConnected,
      write: () => this.#confirm(),
      failed: ({ message }) => parts.log.cluster.notConfirmed(message),
      fault: (error) => parts.log.fault(error),
    });
    this.nodes = this.#openNodes();
    this.links = this.#openLinks();
  }

  /** @throws {BusError} one line that says why the cluster cannot be used */
  static async join(parts: MembershipParts): Promise<Membership> {
    const membership = new Membership(parts);
    try {
      await membership.#join();
    } catch (error) {
      // Otherwise its beats would go on, and no other run could have its name.
      membership.close();
      throw error;
    }
    return membership;
  }

  get isConnected(): boolean {
    return this.#parts.bus.isConnected;
  }

  /** Where rooms are; `undefined` before the relay has joined. */
  get rooms(): ClusterRooms | undefined {
    return this.#rooms;
  }

  /** Moves rooms between relays; `undefined` before the relay has joined. */
  get moves(): RoomMoves | undefined {
    return this.#moves?.rooms;
  }

  /** The clients of this relay whose rooms are at no relay. */
  get waiting(): number {
    return this.#moves?.waiting.size ?? 0;
  }

  /** Whether there is another relay that hosts can go to. */
  get hasOthers(): boolean {
    const { nodes } = this;
    return nodes.others.some(({ run, isDraining }) => !isDraining && !nodes.isSilent(run));
  }

  close(): void {
    this.#confirmation.stop();
    this.#stopExpiring?.();
    this.#moves?.rooms.close();
    this.links.close();
    this.nodes.close();
    this.#directory?.close();
    void this.#parts.bus.close().catch(() => {});
  }

  /** Whether rooms of this run cannot come back any more. */
  isExpired(run: string): boolean {
    const { endedRuns, uptime } = this.#parts;
    if (run === this.#parts.run || this.nodes.get(run) !== undefined) return false;
    return endedRuns.isExpired(run, uptime());
  }

  async #join(): Promise<void> {
    const { bus, codes, core, log, node, options, run } = this.#parts;
    bus.onStatus((status) => this.#statusChanged(status));
    const bucket = await bus.bucket(codesBucketOf(options));
    const isRunning = async (other: string): Promise<boolean> =>
      (await this.nodes.ping(other, PING_TIMEOUT)) === 'answer';
    const earlier = await registerNode(bucket, node, this.#place, isRunning);
    const moves = await this.#openMoves(earlier);
    this.#moves = moves;
    const directory = await this.#openDirectory(bucket, moves);
    const { rooms } = core;
    rooms.onChange((room) => moves.rooms.changed(room));
    const { moved, linked } = await restoreRooms({ run, earlier, rooms, directory, moves });
    // Before others are told that this relay has the codes.
    const requests = this.#openRequests(moves);
    const gathering = moves.gathering(requests);
    const clusterRooms = this.#openRooms(directory, moves, requests, gathering);
    await codes.claim(directory, earlier);
    for (const { code, epoch } of moved) await directory.move(code, epoch, this.#place);
    await bus.flush();
    this.#rooms = clusterRooms;
    await gathering.gatherAll(linked, directory, earlier);
    this.#stopExpiring = every(SYSTEM_TIMERS, EXPIRED_INTERVAL, () =>
      moves.ended.endExpired((other) => this.isExpired(other)),
    );
    this.#confirmation.allow();
    log.cluster.joined({ node, run, blocks: codes.drawn.length });
  }

  async #openDirectory(bucket: Bucket, moves: Moves): Promise<Directory> {
    const blocks = this.#parts.codes.open(bucket);
    const directory = await Directory.open(bucket, {
      blockChanged: (block, ...changed) => {
        blocks.changed(block, ...changed);
        moves.followers.blockChanged(block);
      },
      moved: (...move) => moves.rooms.moved(...move),
    });
    this.#directory = directory;
    return directory;
  }

  get #place(): Place {
    return { run: this.#parts.run, url: this.#parts.options.nodeUrl };
  }

  #openNodes(): Nodes {
    const { bus, core, endedRuns, log, node, options, run, uptime } = this.#parts;
    return new Nodes({
      bus,
      prefix: prefixOf(options),
      timers: SYSTEM_TIMERS,
      observer: {
        silent: (...which) => log.cluster.nodeSilent(...which),
        back: (...which) => log.cluster.nodeBack(...which),
        appeared: (run) => this.#moves?.followers.runAppeared(run),
        ended: (run, node) => {
          endedRuns.add(run, uptime());
          this.#moves?.followers.runEnded(run);
          this.links.runEnded(run);
          log.cluster.nodeEnded(run, node);
        },
      },
      own: () => ({
        run,
        node,
        url: options.nodeUrl,
        rooms: core.rooms.size,
        load: core.load.overload === undefined ? 0 : 1,
        isDraining: core.rooms.draining,
        version: VERSION,
      }),
    });
  }

  #openLinks(): ClusterLinks {
    const { bus, clients, core, log, options, run } = this.#parts;
    return new ClusterLinks({
      bus,
      prefix: prefixOf(options),
      run,
      timers: SYSTEM_TIMERS,
      schedule: (flushable) => core.acceptor.schedule(flushable),
      maxMessage: Math.max(options.maxHostMessage, options.maxPlayerMessage),
      stall: options.stall * 1000,
      findRoom: (join) =>
        roomOfJoin(join, {
          run,
          rooms: core.rooms,
          directory: this.#directory,
          isAway: (code) => this.#moves?.rooms.isAway(code) ?? false,
        }),
      followed: (room) => this.#arrivals.add(room),
      ownTime: (other, at) => this.nodes.ownTime(other, at),
      clientClosed: (client) => clients.closed(client),
      usedChanged: (other, isUsed) => this.nodes.setUsed(other, isUsed),
      broken: (other, reason) => log.cluster.linkBroken(other, reason),
    });
  }

  /** @param earlier the runs of this relay before this one */
  async #openMoves(earlier: ReadonlySet<string>): Promise<Moves> {
    const { bus, core, log, options } = this.#parts;
    return buildMoves({
      bucket: await bus.bucket(roomsBucketOf(options)),
      self: this.#place,
      earlier,
      maxHold: options.maxHold,
      rooms: core.rooms,
      links: this.links,
      arrivals: this.#arrivals,
      directory: () => this.#directory,
      log: log.cluster,
      counts: this.counts,
      fault: (error) => log.fault(error),
    });
  }

  #openRequests({ followers, rooms }: Moves): NodeRequests {
    const { bus, core, options, run } = this.#parts;
    return new NodeRequests(bus, prefixOf(options), run, {
      ...roomAnswers(core.rooms, options),
      release: rooms.release.bind(rooms),
      follow: followers.follow.bind(followers),
    });
  }

  #openRooms(
    directory: Directory,
    moves: Moves,
    requests: NodeRequests,
    gathering: Gathering,
  ): ClusterRooms {
    const { clients, core, endedRuns, log, options, run, uptime } = this.#parts;
    const { nodes } = this;
    const { records } = moves;
    return new ClusterRooms({
      run,
      rooms: core.rooms,
      directory,
      nodes,
      requests,
      answers: roomAnswers(core.rooms, options),
      clients,
      hasEnded: (code) => hasEnded(code, { directory, records, endedRuns, uptime }),
      isArriving: (code) => moves.rooms.isArriving(code),
      isAway: (code) => moves.rooms.isAway(code),
      takeover: moves.takeover({ directory, nodes, requests, gathering }),
      isExpired: (other) => this.isExpired(other),
      fault: (error) => log.fault(error),
    });
  }

  #statusChanged(status: 'disconnected' | 'reconnected'): void {
    this.#parts.log.cluster.statusChanged(status === 'reconnected');
    if (status === 'reconnected') this.#confirmation.begin();
    else this.#confirmation.stop();
  }

  /** Claims and writes again what NATS has lost. */
  async #confirm(): Promise<void> {
    const { bus, codes, node, options, run } = this.#parts;
    const bucket = await bus.bucket(codesBucketOf(options));
    await bus.bucket(roomsBucketOf(options));
    await codes.confirm();
    await confirmNode(bucket, node, this.#place);
    await this.#directory?.confirmMoves(run);
    await this.#moves?.ended.write();
    this.#moves?.records.confirm();
  }
}
