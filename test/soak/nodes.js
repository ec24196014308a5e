// The relays of a run: one, or several that are a cluster by a nats-server, to which each of them has a
// faulty line.

import { setTimeout } from 'node:timers/promises';
import { Disturbances } from './disturbances.js';
import { FaultProxy } from './fault-proxy.js';
import { NatsProcess } from './nats-process.js';
import { RelayProcess } from './relay-process.js';

/** How long after a stop of a process its clients may see effects of it, in milliseconds. */
const AFTER_STOP = 10_000;

/** Added to the seed, so that lines to NATS have other faults than those of clients. */
const NATS_SEED = 1_000_003;

/** Metrics that are no sums. */
const HIGHEST = ['lobby_relay_event_loop_lag_seconds'];

/** A relay with the faulty line of its clients. */
export class Node {
  #stoppedAt = Number.NEGATIVE_INFINITY;
  #isStopped = false;

  /**
   * @param {number} number
   * @param {RelayProcess} relay
   * @param {FaultProxy} proxy
   */
  constructor(number, relay, proxy) {
    this.number = number;
    this.relay = relay;
    this.proxy = proxy;
    /** The line that hosts and players use. */
    this.line = { node: this, port: proxy.port, proxy };
  }

  /** Whether it stood still a short time ago, so that it may have terminated connections. */
  get stoodStill() {
    return this.#isStopped || performance.now() - this.#stoppedAt < AFTER_STOP;
  }

  /**
   * Stops the process for a while.
   *
   * @param {number} duration in milliseconds
   */
  async standStill(duration) {
    this.#isStopped = true;
    this.relay.pause();
    await setTimeout(duration);
    this.relay.resume();
    this.#isStopped = false;
    this.#stoppedAt = performance.now();
  }
}

export class Nodes {
  disturbances = new Disturbances();
  /** @type {NatsProcess | undefined} */
  nats;
  /** @type {Node[]} */
  all = [];
  /** @type {FaultProxy[]} between relays and NATS */
  #toNats = [];

  /**
   * @param {{ nodes: number; seed: number; flags: readonly string[]; violation: (reason: string) => void }} options
   */
  static async start({ nodes, seed, flags, violation }) {
    const started = new Nodes();
    if (nodes > 1) started.nats = await NatsProcess.start();
    for (let number = 0; number < nodes; number++) {
      const own = await started.#clusterFlags(number, seed);
      const relay = await RelayProcess.start([...flags, ...own], violation, (message) =>
        started.disturbances.read(message),
      );
      const proxy = await FaultProxy.start({ relayPort: relay.port, seed: seed + number });
      started.all.push(new Node(number, relay, proxy));
    }
    await started.connected();
    return started;
  }

  /** The first node, which never stands still: rooms without faults are there. */
  get first() {
    return /** @type {Node} */ (this.all[0]);
  }

  /** @returns the metrics of all relays together, by name and labels */
  async metrics() {
    const each = await Promise.all(this.all.map(({ relay }) => relay.metrics()));
    /** @type {Map<string, number>} */
    const sums = new Map();
    for (const [name, value] of each.flatMap((metrics) => [...metrics])) {
      const before = sums.get(name) ?? 0;
      sums.set(name, HIGHEST.includes(name) ? Math.max(before, value) : before + value);
    }
    return sums;
  }

  /** Ends all faults of connections. */
  endFaults() {
    for (const proxy of this.#proxies) proxy.endFaults();
  }

  /** Breaks all connections of clients. */
  closeLines() {
    for (const { proxy } of this.all) proxy.close();
  }

  /** How many faults of which kind the lines of clients, and those to NATS, had so far. */
  get faults() {
    const sums = (/** @type {FaultProxy[]} */ proxies) => {
      /** @type {Record<string, number>} */
      const counts = {};
      for (const [kind, count] of proxies.flatMap(({ faults }) => Object.entries(faults))) {
        counts[kind] = (counts[kind] ?? 0) + count;
      }
      return counts;
    };
    return { clients: sums(this.all.map(({ proxy }) => proxy)), nats: sums(this.#toNats) };
  }

  get connections() {
    return this.all.reduce((sum, { proxy }) => sum + proxy.connections, 0);
  }

  /**
   * Ends all relays with SIGTERM.
   *
   * @param {number} grace in milliseconds
   * @returns the exit codes
   */
  async stop(grace) {
    const exits = await Promise.all(this.all.map(({ relay }) => relay.stop(grace)));
    for (const proxy of this.#toNats) proxy.close();
    await this.nats?.kill();
    return exits;
  }

  get #proxies() {
    return [...this.all.map(({ proxy }) => proxy), ...this.#toNats];
  }

  /**
   * @param {number} number
   * @param {number} seed
   */
  async #clusterFlags(number, seed) {
    if (this.nats === undefined) return [];
    const options = { relayPort: this.nats.port, seed: seed + NATS_SEED + number };
    const proxy = await FaultProxy.start(options);
    this.#toNats.push(proxy);
    return ['--cluster', `nats://127.0.0.1:${proxy.port}`, '--node', `node-${number}`];
  }

  /** Waits until each relay is connected to all others. */
  async connected() {
    const others = this.all.length - 1;
    while (others > 0) {
      const known = await Promise.all(this.all.map(({ relay }) => relay.metrics()));
      if (known.every((metrics) => metrics.get('lobby_relay_cluster_nodes') === others)) return;
      await setTimeout(200);
    }
  }
}
