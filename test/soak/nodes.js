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

/** What a relay says at its start if it cannot use NATS. */
const NO_NATS = /--cluster: .*NATS/;

/** How often a relay may be started until it can use NATS. */
const MAX_STARTS = 20;

/** Metrics that are no sums. */
const HIGHEST = ['lobby_relay_event_loop_lag_seconds'];

/** How long a relay may take to end by SIGTERM, in milliseconds. */
const END_TIME = 20_000;

/** The time between attempts to start a relay, in milliseconds. */
const START_RETRY = 500;

/** A relay with the faulty line of its clients. */
export class Node {
  /** How often it was stopped. */
  stops = 0;
  #stoppedAt = Number.NEGATIVE_INFINITY;
  #isStopped = false;
  #start;

  /**
   * @param {number} number
   * @param {() => Promise<RelayProcess>} start
   * @param {RelayProcess} relay
   * @param {FaultProxy} proxy
   */
  constructor(number, start, relay, proxy) {
    this.number = number;
    this.#start = start;
    this.relay = relay;
    this.proxy = proxy;
    /** The line that hosts and players use. */
    this.line = { node: this, port: proxy.port, proxy };
  }

  /** Whether it did not run a short time ago, so that its connections may have ended. */
  get wasStopped() {
    return this.#isStopped || performance.now() - this.#stoppedAt < AFTER_STOP;
  }

  /**
   * Stops the process for a while.
   *
   * @param {number} duration in milliseconds
   */
  standStill(duration) {
    return this.#without(async () => {
      this.relay.pause();
      await setTimeout(duration);
      this.relay.resume();
    });
  }

  /** Kills the process, and starts another one. */
  crash() {
    return this.#without(async () => {
      await this.relay.kill();
      await this.#startAgain();
    });
  }

  /** Ends the process with SIGTERM, and starts another one. */
  update() {
    return this.#without(async () => {
      await this.relay.stop(END_TIME);
      await this.#startAgain();
    });
  }

  /** @param {() => Promise<void>} stop */
  async #without(stop) {
    this.stops++;
    this.#isStopped = true;
    await stop();
    this.#isStopped = false;
    this.#stoppedAt = performance.now();
  }

  async #startAgain() {
    this.relay = await this.#start();
    this.proxy.relayPort = this.relay.port;
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
      const start = () => started.#startRelay([...flags, ...own], violation);
      const relay = await start();
      const proxy = await FaultProxy.start({ relayPort: relay.port, seed: seed + number });
      started.all.push(new Node(number, start, relay, proxy));
    }
    await started.connected();
    return started;
  }

  /**
   * Starts a relay. One that cannot connect to NATS ends, and is started again.
   *
   * @param {readonly string[]} flags
   * @param {(reason: string) => void} violation
   */
  async #startRelay(flags, violation) {
    for (let attempt = 1; ; attempt++) {
      let isRunning = false;
      /** @type {string[]} */
      const failures = [];
      const report = (/** @type {string} */ reason) => {
        if (isRunning) violation(reason);
        else failures.push(reason);
      };
      const log = this.disturbances.logOfRelay();
      try {
        const relay = await RelayProcess.start(flags, report, (message) => log.read(message));
        isRunning = true;
        void relay.exited.then(() => log.end());
        for (const failure of failures) violation(failure);
        return relay;
      } catch (error) {
        log.end();
        // Only a cluster has another reason to fail than a fault of the relay.
        const isNats = failures.some((failure) => NO_NATS.test(failure));
        if (!isNats || attempt === MAX_STARTS) {
          throw new Error(failures.join('; '), { cause: error });
        }
        await setTimeout(START_RETRY);
      }
    }
  }

  /** The first node, which always runs: rooms without faults are there. */
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
