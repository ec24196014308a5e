import type { IncomingMessage } from 'node:http';
import type { Socket } from 'node:net';
import { performance } from 'node:perf_hooks';
import { getHeapStatistics } from 'node:v8';
import { type Server, WebSocketServer } from 'ws';
import { CLOSINGS, type Closing } from '../protocol/close-codes.js';
import { Connection, type ConnectionContext, type Link } from './connection.js';
import { FlushCycle } from './flush-cycle.js';
import { OrderedWebSocket } from './ordered-web-socket.js';

/** What a connection is for. One that is `refused` is only told why, and lingers until it heard. */
export type Role = 'host' | 'player' | 'refused';

/** A request for a WebSocket. */
export interface Upgrade {
  readonly request: IncomingMessage;
  readonly socket: Socket;
  /** What came right behind the request. */
  readonly head: Buffer;
  /** The address that it is counted under. */
  readonly address: string;
}

export interface AcceptorOptions {
  /** The largest message that is accepted, in bytes; a larger one is closed with 1009. */
  readonly maxPlayerMessage: number;
  readonly maxHostMessage: number;
  /** How much may wait in all connections together, in bytes. */
  readonly memory: number;
  /** How long what waits for a connection may not shrink, in seconds. */
  readonly stall: number;
  /** Silence after which a connection is pinged, in seconds; 0 for never. */
  readonly ping: number;
  /** What is kept for those who are away: how much, and a way to have less. Both in bytes. */
  readonly kept: { bytes(): number; shed(excess: number): number };
  /** An exception in the relay's own code. */
  fault(error: unknown): void;
  /** A host or player from this address is connected. */
  connected(address: string): void;
  /** Its socket is gone. */
  disconnected(address: string): void;
}

/**
 * How long a closed client may take to confirm before it is cut, in milliseconds: a phone whose line
 * stalls for some seconds is still to hear why. One that was refused has less to wait for.
 */
const CLOSE_TIMEOUT = 15_000;
const REFUSED_TIMEOUT = 5000;

/** The same for one that is refused while the relay closes. */
const REFUSED_GRACE = 500;

/** How many refused connections may linger; further ones are destroyed unheard. */
const MAX_REFUSED = 64;

/** Pieces that a message may arrive in: 16 MiB by the smallest packets that are usual. */
const MAX_PIECES = 64 * 1024;

/** How often the memory is looked at, in milliseconds. */
const MEMORY_INTERVAL = 100;

/** From how much of the memory on there are no new rooms and players; at all of it, some are cut. */
const FULL = 0.8;

/** Turns upgrade requests into connections, and looks after them. */
export class Acceptor {
  /** Whether nearly as much waits in all connections together as may. */
  overfull = false;

  readonly #servers: Readonly<Record<Role, Server<typeof OrderedWebSocket>>>;
  readonly #open: Readonly<Record<'host' | 'player', Set<Connection>>>;
  /** Those that have ended and whose sockets are not gone: what waits for them is still there. */
  readonly #closing = new Set<Connection>();
  /** Those that were never counted as connected, and are only told why. */
  readonly #refused = new Set<Connection>();
  readonly #closes = new Map<number, number>();
  readonly #memory: number;
  readonly #options: AcceptorOptions;
  readonly #context: ConnectionContext;
  readonly #refusedContext: ConnectionContext;
  readonly #checkEvery: number;
  /** Who is to be told when a socket is gone. */
  #waiting: (() => void)[] = [];
  #timers: NodeJS.Timeout[] = [];

  constructor(options: AcceptorOptions) {
    const { memory, stall, ping } = options;
    this.#memory = memory;
    this.#options = options;
    this.#context = {
      cycle: new FlushCycle(),
      stall: stall * 1000,
      ping: ping * 1000,
      fault: options.fault,
      ended: (connection, code) => this.#ended(connection, code),
      gone: (connection) => {
        this.#closing.delete(connection);
        options.disconnected(connection.address);
        this.#oneLess();
      },
    };
    this.#refusedContext = {
      ...this.#context,
      ended: (connection, code) => {
        this.#count(code);
        this.#refused.add(connection);
      },
      gone: (connection) => {
        this.#refused.delete(connection);
        this.#oneLess();
      },
    };
    this.#servers = {
      host: webSocketServer(options.maxHostMessage, CLOSE_TIMEOUT),
      player: webSocketServer(options.maxPlayerMessage, CLOSE_TIMEOUT),
      refused: webSocketServer(1024, REFUSED_TIMEOUT),
    };
    this.#open = { host: new Set(), player: new Set() };
    const shortest = Math.min(stall, ping === 0 ? stall : ping);
    this.#checkEvery = Math.min(1000, (shortest * 1000) / 4);
  }

  /** How many connections of each kind there are. */
  get connections(): Readonly<Record<'host' | 'player', number>> {
    return { host: this.#open.host.size, player: this.#open.player.size };
  }

  /** What waits: to be written, or to be a whole message; in bytes, for each connection anew. */
  get buffered(): number {
    let buffered = 0;
    for (const connection of this.#all()) buffered += connection.holding;
    return buffered;
  }

  /** How many connections are not read for now. */
  get paused(): number {
    let paused = 0;
    for (const connection of this.#open.player) if (connection.held) paused++;
    return paused;
  }

  /** How many connections have ended by each code so far. */
  get closes(): ReadonlyMap<number, number> {
    return this.#closes;
  }

  /**
   * Completes the handshake; a request that is no valid one is answered with its HTTP error.
   * Returns whether there is a connection.
   */
  accept<T extends Connection>(role: Role, upgrade: Upgrade, create: (link: Link) => T): boolean {
    const { request, socket, head, address } = upgrade;
    socket.setNoDelay(true);
    this.#context.cycle.gather(socket);
    let isConnected = false;
    this.#servers[role].handleUpgrade(request, socket, head, (webSocket) => {
      isConnected = true;
      try {
        const link = {
          webSocket: webSocket as OrderedWebSocket<Connection>,
          socket,
          address,
          context: role === 'refused' ? this.#refusedContext : this.#context,
        };
        if (role !== 'refused') {
          link.webSocket.readShortMessages(socket, this.#context.cycle);
          this.#options.connected(address);
        }
        const connection = create(link);
        // One that was refused while it was made has ended already.
        if (role !== 'refused' && webSocket.readyState === webSocket.OPEN) {
          this.#open[role].add(connection);
        }
      } catch (error) {
        this.#context.fault(error);
        webSocket.close(CLOSINGS.internalError.code, CLOSINGS.internalError.reason);
      }
    });
    if (this.#timers.length === 0) this.#startChecks();
    return isConnected;
  }

  /** Accepts, and closes with the reason: a browser learns of a refusal in no other way. */
  refuse(closing: Closing, upgrade: Upgrade): void {
    if (this.#refused.size >= MAX_REFUSED) return void upgrade.socket.destroy();
    this.accept('refused', upgrade, (link) => {
      const connection = new Connection(link);
      connection.close(closing);
      return connection;
    });
  }

  /**
   * Cuts the connection of this address that has been closing for longest, if there is one. Those to
   * which something is still being written are not cut: they may be slow, and are to hear it all.
   */
  cutClosing(address: string): void {
    for (const connection of this.#closing) {
      if (connection.address !== address || !connection.isTold) continue;
      // Its socket is gone a little later: it is not to be chosen again meanwhile.
      this.#closing.delete(connection);
      connection.terminate();
      return;
    }
  }

  /**
   * Accepts nobody any more and waits until everybody is gone; who is not by then is cut.
   *
   * @param grace how long that may take, in milliseconds
   */
  async close(grace: number): Promise<void> {
    const { host, player, refused } = this.#servers;
    host.close();
    player.close();
    await this.#whenGone([this.#open.host, this.#open.player, this.#closing], grace);
    // To the last, who comes back too early is told so.
    refused.close();
    await this.#whenGone([this.#refused], REFUSED_GRACE);
    for (const timer of this.#timers) clearInterval(timer);
  }

  async #whenGone(some: readonly ReadonlySet<Connection>[], grace: number): Promise<void> {
    const cut = setTimeout(() => {
      for (const connections of some) for (const each of connections) each.terminate();
    }, grace);
    while (some.some(({ size }) => size > 0)) {
      await new Promise<void>((resolve) => this.#waiting.push(resolve));
    }
    clearTimeout(cut);
  }

  #oneLess(): void {
    for (const wake of this.#waiting.splice(0)) wake();
  }

  #startChecks(): void {
    const check = (): void => {
      const now = performance.now();
      for (const connection of this.#all()) connection.check(now);
    };
    this.#timers = [
      setInterval(check, this.#checkEvery).unref(),
      setInterval(() => this.#checkMemory(), MEMORY_INTERVAL).unref(),
    ];
  }

  /**
   * Cuts those who hold most when too much waits in all connections together.
   *
   * All that waits is in memory outside of the heap, a frame that many share once. But not all that
   * is there waits: some is garbage. So as much waits as the lower of both counts says. (V8 knows
   * without a file descriptor, which `process.memoryUsage` needs.)
   */
  #checkMemory(): void {
    const { external_memory: outside, ...heap } = getHeapStatistics();
    const full = this.#memory * FULL;
    // Adding up takes a look at every connection, so only if it can matter.
    const { kept } = this.#options;
    const waiting = outside > full ? Math.min(outside, this.buffered + kept.bytes()) : 0;
    this.overfull = waiting > full;
    let excess = waiting - this.#memory;
    // Small messages that are kept are on the heap.
    const heapExcess = heap.used_heap_size - heap.heap_size_limit * FULL;
    const shed = Math.max(excess, heapExcess);
    if (shed > 0) excess -= kept.shed(shed);
    if (excess <= 0) return;
    const holders = [...this.#all()].sort((a, b) => b.holding - a.holding);
    for (const connection of holders) {
      if (excess <= 0 || connection.holding === 0) return;
      excess -= connection.holding;
      connection.cut(CLOSINGS.tooSlow);
    }
  }

  *#all(): Generator<Connection> {
    yield* this.#open.host;
    yield* this.#open.player;
    yield* this.#closing;
    yield* this.#refused;
  }

  #ended(connection: Connection, code: number): void {
    this.#open.host.delete(connection);
    this.#open.player.delete(connection);
    this.#closing.add(connection);
    this.#count(code);
  }

  #count(code: number): void {
    this.#closes.set(code, (this.#closes.get(code) ?? 0) + 1);
  }
}

function webSocketServer(
  maxPayload: number,
  closeTimeout: number,
): Server<typeof OrderedWebSocket> {
  const options = {
    noServer: true,
    // Its own sets of connections are enough.
    clientTracking: false,
    WebSocket: OrderedWebSocket,
    maxPayload,
    perMessageDeflate: false,
    // Pongs go through the outbox like everything else.
    autoPong: false,
    closeTimeout,
    maxBufferedChunks: MAX_PIECES,
  };
  return new WebSocketServer(options);
}
