import { performance } from 'node:perf_hooks';
import { NetworkCounts } from '../limits/network-counts.js';
import type { CloseReason } from '../protocol/close-codes.js';
import type { Connection } from './connection.js';

/**
 * What an accepted connection is for. A `viewer` is in the audience of a room, a `peer` may host rooms
 * and join them, a `requester` waits for a game server.
 */
export type OpenRole = 'host' | 'player' | 'viewer' | 'peer' | 'requester';

/** What a connection is for; a `refused` one only gets a close with the reason. */
export type Role = OpenRole | 'refused';

/**
 * How many refused connections may be closing, per address and in total; further ones are destroyed
 * without a reason. One address or network cannot use more than half of them.
 */
const MAX_REFUSED_OF_ONE = 64;
const MAX_REFUSED = 2 * MAX_REFUSED_OF_ONE;

/** The longest time between two checks of a connection, in milliseconds. */
const LONGEST_INTERVAL = 1000;

/** All connections of a relay, from their handshake until their sockets are closed. */
export class Connections {
  readonly #open: Readonly<Record<OpenRole, Set<Connection>>> = {
    host: new Set(),
    player: new Set(),
    viewer: new Set(),
    peer: new Set(),
    requester: new Set(),
  };
  /** Ended connections whose sockets are not closed yet: their buffers are still in memory. */
  readonly #closing = new Set<Connection>();
  readonly #refused = new Set<Connection>();
  readonly #refusedOf = new NetworkCounts(MAX_REFUSED_OF_ONE);
  readonly #closes = new Map<number, number>();
  #lastCheck = { buffered: 0, paused: 0 };
  /** Called when a socket is closed. */
  #waiting: (() => void)[] = [];

  /** The number of open connections, by role. */
  get counts(): Readonly<Record<OpenRole, number>> {
    const { host, player, viewer, peer, requester } = this.#open;
    return {
      host: host.size,
      player: player.size,
      viewer: viewer.size,
      peer: peer.size,
      requester: requester.size,
    };
  }

  /** The size of all buffers, in bytes: output that is not written, and incomplete messages. */
  get buffered(): number {
    let buffered = 0;
    for (const connection of this.all()) buffered += connection.bufferedBytes;
    return buffered;
  }

  /**
   * The same, and the number of those except hosts from which reading is paused, at the last check.
   */
  get lastCheck(): { readonly buffered: number; readonly paused: number } {
    return this.#lastCheck;
  }

  /** The number of ended connections, by close code. */
  get closes(): ReadonlyMap<number, number> {
    return this.#closes;
  }

  /** All connections, including those that are closing. */
  *all(): Generator<Connection> {
    yield* this.#open.host;
    yield* this.#open.player;
    yield* this.#open.viewer;
    yield* this.#open.peer;
    yield* this.#open.requester;
    yield* this.#closing;
    yield* this.#refused;
  }

  open(role: OpenRole, connection: Connection): void {
    this.#open[role].add(connection);
  }

  /** The connection of a host or player has ended with this code. */
  ended(connection: Connection, code: number): void {
    for (const open of Object.values(this.#open)) open.delete(connection);
    this.#closing.add(connection);
    this.#count(code);
  }

  /** The socket of a host or player has closed. */
  gone(connection: Connection): void {
    this.#closing.delete(connection);
    this.#wake();
  }

  /** Whether one more client of this address may get the reason for its refusal. */
  mayRefuse(address: string): boolean {
    if (this.#refused.size >= MAX_REFUSED) return false;
    return !this.#refusedOf.reaches(MAX_REFUSED_OF_ONE, address);
  }

  /** A connection has been refused, and is closing. */
  refusedEnded(connection: Connection, code: number): void {
    this.#count(code);
    this.#refused.add(connection);
    this.#refusedOf.add(connection.address);
  }

  /** The socket of a refused connection has closed. */
  refusedGone(connection: Connection): void {
    this.#refused.delete(connection);
    this.#refusedOf.remove(connection.address);
    this.#wake();
  }

  /**
   * Terminates the connection of this address that has been closing for longest, if there is one.
   * Connections with unwritten output are skipped, because they may only be slow.
   */
  terminateClosing(address: string): void {
    for (const connection of this.#closing) {
      if (connection.address !== address || !connection.closeSent) continue;
      // Its socket closes a little later. Until then, the connection must not be chosen again.
      this.#closing.delete(connection);
      connection.terminate();
      return;
    }
  }

  /**
   * Checks all connections regularly.
   *
   * @param shortest the shortest timeout that the checks enforce, in milliseconds
   * @returns a function that stops it
   */
  startChecks(shortest: number): () => void {
    const interval = Math.min(LONGEST_INTERVAL, shortest / 4);
    const timer = setInterval(() => this.#check(), interval).unref();
    return () => clearInterval(timer);
  }

  /**
   * Closes all accepted connections, and waits until their sockets are closed. Connections that take longer
   * are terminated.
   */
  async closeAll(reason: CloseReason, grace: number): Promise<void> {
    const open = Object.values(this.#open);
    for (const connection of open.flatMap((some) => [...some])) connection.close(reason);
    await this.#whenGone([...open, this.#closing], grace);
  }

  /** Waits until refused connections are closed. Those that take longer are terminated. */
  closeRefused(grace: number): Promise<void> {
    return this.#whenGone([this.#refused], grace);
  }

  async #whenGone(sets: readonly ReadonlySet<Connection>[], grace: number): Promise<void> {
    const timer = setTimeout(() => {
      for (const connections of sets) for (const each of connections) each.terminate();
    }, grace);
    while (sets.some(({ size }) => size > 0)) {
      await new Promise<void>((resolve) => this.#waiting.push(resolve));
    }
    clearTimeout(timer);
  }

  #wake(): void {
    for (const resolve of this.#waiting.splice(0)) resolve();
  }

  #check(): void {
    const now = performance.now();
    let buffered = 0;
    let paused = 0;
    for (const connection of this.all()) {
      connection.check(now);
      buffered += connection.bufferedBytes;
      if (connection.isPaused && !this.#open.host.has(connection)) paused++;
    }
    this.#lastCheck = { buffered, paused };
  }

  #count(code: number): void {
    this.#closes.set(code, (this.#closes.get(code) ?? 0) + 1);
  }
}
