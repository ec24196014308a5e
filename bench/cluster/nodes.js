import { setTimeout as sleep } from 'node:timers/promises';
import { freePort, startServer } from '../harness/processes.js';
import { lobbyRelay } from '../harness/servers.js';
import { startNats } from './nats.js';

/** How often a relay is asked whether it is ready, in milliseconds. */
const ASK_EVERY = 20;

/** A relay of a cluster, as a user starts it. It keeps its name and its port. */
class Node {
  #relay;
  #server;
  #core;

  /**
   * @param {string} name
   * @param {{ port: number, nats: string, core?: number, flags?: string[] }} options
   */
  constructor(name, { port, nats, core, flags = [] }) {
    this.port = port;
    this.#core = core;
    const relay = lobbyRelay(undefined, name);
    const own = ['--cluster', nats, '--node', name, ...flags];
    this.#server = { ...relay, command: (at) => [...relay.command(at), ...own] };
  }

  get name() {
    return this.#server.name;
  }

  get pid() {
    return this.#relay.pid;
  }

  async start() {
    this.#relay = await startServer(this.#server, this.#core, this.port);
  }

  /** Resolves when it has ended. */
  stop(signal) {
    return this.#relay.stop(signal);
  }

  /** Resolves when it has joined the cluster and knows this many other relays. */
  async ready(others) {
    while (!(await this.#knows(others))) await sleep(ASK_EVERY);
  }

  async #knows(others) {
    const ready = await fetch(`http://127.0.0.1:${this.port}/ready`);
    await ready.text();
    if (!ready.ok) return false;
    const metrics = await (await fetch(`http://127.0.0.1:${this.port}/metrics`)).text();
    return Number(/^lobby_relay_cluster_nodes (\d+)$/m.exec(metrics)?.[1]) >= others;
  }
}

/** Relays of a cluster, as built in dist/, with a nats-server between them. */
export class Nodes {
  /** @type {Node[]} */
  all = [];

  /**
   * @param {string[]} names
   * @param {{ core?: number, flags?: string[] }} options the core for all of them; any by default
   */
  static async start(names, { core, flags } = {}) {
    const nodes = new Nodes();
    nodes.nats = await startNats(core);
    for (const name of names) {
      const port = await freePort();
      nodes.all.push(new Node(name, { port, nats: nodes.nats.url, core, flags }));
    }
    await Promise.all(nodes.all.map((node) => node.start()));
    await nodes.ready();
    return nodes;
  }

  get ports() {
    return this.all.map(({ port }) => port);
  }

  /** Resolves when all of them know each other. */
  async ready() {
    await Promise.all(this.all.map((node) => node.ready(this.all.length - 1)));
  }

  async stop() {
    await Promise.all(this.all.map((node) => node.stop()));
    await this.nats.stop();
  }
}
