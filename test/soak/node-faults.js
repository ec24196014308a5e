// Faults of whole processes of a cluster, one after the other.

import { setTimeout } from 'node:timers/promises';
import { Random } from './random.js';

/** @typedef {import('./nodes.js').Nodes} Nodes */
/** @typedef {'nats' | 'stop' | 'kill' | 'update'} NodeFault */

/** The mean and the shortest time between two faults, in milliseconds. */
const MEAN_INTERVAL = 10_000;
const MIN_INTERVAL = 3_000;

/** @type {Record<NodeFault, number>} */
const WEIGHTS = { nats: 2, stop: 3, kill: 2, update: 1 };

/** As long as rooms may not be written yet, relays do not end. */
/** @type {Record<NodeFault, number>} */
const FIRST_WEIGHTS = { ...WEIGHTS, kill: 0, update: 0 };

/** How long it takes at most until rooms are written: the longest stall of a line to NATS, in milliseconds. */
const WRITE_TIME = 25_000;

/** How long a relay stands still: less than `--stall`, after which links break. In milliseconds. */
const STOP = { min: 300, end: 6_000 };

/** How long NATS is down. After 5 s, links break. In milliseconds. */
const OUTAGE = { min: 50, end: 9_000 };

/** Added to the seed. */
const OWN_SEED = 2_000_003;

export class NodeFaults {
  /** @type {Record<NodeFault, number>} */
  counts = { nats: 0, stop: 0, kill: 0, update: 0 };
  #nodes;
  #random;
  #ended = new AbortController();
  #running;
  /** From when on relays may end, by `performance.now()`. */
  #endsFrom = Number.POSITIVE_INFINITY;

  /**
   * @param {Nodes} nodes
   * @param {number} seed
   */
  constructor(nodes, seed) {
    this.#nodes = nodes;
    this.#random = new Random(seed + OWN_SEED);
    this.#running = nodes.nats === undefined ? Promise.resolve() : this.#run();
  }

  /** All lasting rooms have their players. */
  mayEndRelays() {
    this.#endsFrom = performance.now() + WRITE_TIME;
  }

  /** Causes no more faults, and waits until all processes run. */
  async end() {
    this.#ended.abort();
    await this.#running;
  }

  async #run() {
    const { signal } = this.#ended;
    while (!signal.aborted) {
      const wait = MIN_INTERVAL + this.#random.interval(MEAN_INTERVAL - MIN_INTERVAL);
      await setTimeout(wait, undefined, { signal }).catch(() => {});
      if (!signal.aborted) await this.#cause(this.#random.weighted(this.#weights));
    }
  }

  get #weights() {
    return performance.now() < this.#endsFrom ? FIRST_WEIGHTS : WEIGHTS;
  }

  /** @param {NodeFault} fault */
  async #cause(fault) {
    const random = this.#random;
    const node = random.pick(this.#nodes.all.slice(1));
    this.counts[fault]++;
    switch (fault) {
      case 'nats':
        await this.#nodes.nats?.kill();
        await setTimeout(random.magnitude(OUTAGE.min, OUTAGE.end));
        return this.#nodes.nats?.run();
      case 'kill':
        return node.crash();
      case 'update':
        return node.update();
      default:
        return node.standStill(random.magnitude(STOP.min, STOP.end));
    }
  }
}
