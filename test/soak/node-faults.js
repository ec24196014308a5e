// Faults of whole processes of a cluster, one after the other.

import { setTimeout } from 'node:timers/promises';
import { Random } from './random.js';

/** @typedef {import('./nodes.js').Nodes} Nodes */
/** @typedef {'nats' | 'stop'} NodeFault */

/** The mean and the shortest time between two faults, in milliseconds. */
const MEAN_INTERVAL = 10_000;
const MIN_INTERVAL = 3_000;

/** @type {Record<NodeFault, number>} */
const WEIGHTS = { nats: 1, stop: 2 };

/** How long a relay stands still: less than `--stall`, after which links break. In milliseconds. */
const STOP = { min: 300, end: 6_000 };

/** How long NATS is down. After 5 s, links break. In milliseconds. */
const OUTAGE = { min: 50, end: 9_000 };

/** Added to the seed. */
const OWN_SEED = 2_000_003;

export class NodeFaults {
  /** @type {Record<NodeFault, number>} */
  counts = { nats: 0, stop: 0 };
  #nodes;
  #random;
  #ended = new AbortController();
  #running;

  /**
   * @param {Nodes} nodes
   * @param {number} seed
   */
  constructor(nodes, seed) {
    this.#nodes = nodes;
    this.#random = new Random(seed + OWN_SEED);
    this.#running = nodes.nats === undefined ? Promise.resolve() : this.#run();
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
      if (!signal.aborted) await this.#cause(this.#random.weighted(WEIGHTS));
    }
  }

  /** @param {NodeFault} fault */
  async #cause(fault) {
    const random = this.#random;
    this.counts[fault]++;
    switch (fault) {
      case 'nats':
        await this.#nodes.nats?.kill();
        await setTimeout(random.magnitude(OUTAGE.min, OUTAGE.end));
        return this.#nodes.nats?.run();
      default:
        return random
          .pick(this.#nodes.all.slice(1))
          .standStill(random.magnitude(STOP.min, STOP.end));
    }
  }
}
