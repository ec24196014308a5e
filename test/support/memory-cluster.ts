import { onTestFinished } from 'vitest';
import { completeOptions } from '../../src/options/read.js';
import type { Options } from '../../src/options.js';
import type { RoomCode } from '../../src/rooms/ids.js';
import type { Room } from '../../src/rooms/room.js';
import type { Cluster } from '../../src/server/cluster/cluster.js';
import { withCluster } from '../../src/server/cluster/with-cluster.js';
import { composeRelay } from '../../src/server/compose-relay.js';
import type { RelayServer } from '../../src/server/relay-server.js';
import { type Fate, MemoryBroker, type MemoryBus } from './memory-bus.js';
import { CALM } from './relay.js';

/** How long a relay waits until it tries again to join, in milliseconds. */
const RETRY = 100;

/** A relay of a cluster in the process of the test. */
export class MemoryRelay {
  readonly name: string;
  readonly server: RelayServer;
  readonly cluster: Cluster;
  readonly bus: MemoryBus;
  /** What it has logged. */
  readonly lines: string[] = [];
  port = 0;
  /** Whether it takes connections. */
  isAlive = false;
  /** Whether its process stands still. */
  isStill = false;

  constructor(name: string, bus: MemoryBus, given: Partial<Options>) {
    this.name = name;
    this.bus = bus;
    const log = (fields: object, message: string): void => {
      this.lines.push(`${message} ${JSON.stringify(fields)}`);
    };
    const logger = { debug: () => {}, info: log, warn: log, error: log } as never;
    const local = { host: '127.0.0.1', port: 0, ...CALM, drain: 0, ...given };
    const options = completeOptions({ ...local, cluster: 'nats://memory', node: name });
    const surroundings = withCluster(options, async () => bus);
    this.server = composeRelay({ ...local, logger }, () => undefined, surroundings);
    this.cluster = this.server.parts.others as Cluster;
  }

  get url(): string {
    return `ws://127.0.0.1:${this.port}`;
  }

  /** Rejects with a `ClusterError` if it cannot join. */
  async listen(): Promise<this> {
    ({ port: this.port } = await this.server.listen());
    this.isAlive = true;
    return this;
  }

  /** The room that this relay has. */
  find(code: string): Room | undefined {
    return this.server.parts.core.rooms.find(code as RoomCode);
  }
}

/** Several relays with a bus between them, all in the process of the test. */
export class MemoryCluster {
  readonly broker = new MemoryBroker();
  /** All that ever ran. */
  readonly relays: MemoryRelay[] = [];
  /** What happens to messages, except those of a relay that stands still. */
  weather: Fate = () => [0];
  readonly #changed = new Set<(relay: MemoryRelay) => void>();
  #isEnded = false;

  constructor() {
    this.broker.fate = (message) => {
      const isStill = this.relays.some(({ name, isStill }) => isStill && name === message.from);
      return isStill ? [] : this.weather(message);
    };
    onTestFinished(() => this.end());
  }

  /** The relays that take connections, and have not ended. */
  get alive(): MemoryRelay[] {
    return this.relays.filter(({ isAlive }) => isAlive);
  }

  /** Calls the function when a relay is killed, stands still or goes on. */
  onChange(changed: (relay: MemoryRelay) => void): void {
    this.#changed.add(changed);
  }

  /** Starts a relay. Tries until it can join the cluster. */
  async start(name: string, watchDelay = 0): Promise<MemoryRelay> {
    for (;;) {
      const bus = this.broker.connect(name);
      bus.watchDelay = watchDelay;
      const relay = new MemoryRelay(name, bus, {});
      try {
        await relay.listen();
        this.relays.push(relay);
        return relay;
      } catch (error) {
        await relay.server.abort();
        if (this.#isEnded || (error as Error).name !== 'ClusterError') throw error;
        await new Promise((resolve) => setTimeout(resolve, RETRY));
      }
    }
  }

  /** As SIGKILL: all its connections break without a close frame. */
  async kill(relay: MemoryRelay): Promise<void> {
    relay.isAlive = false;
    void relay.bus.close();
    this.#report(relay);
    await relay.server.abort();
  }

  /** As SIGTERM. */
  async close(relay: MemoryRelay): Promise<void> {
    await relay.server.close();
    relay.isAlive = false;
    this.#report(relay);
  }

  setStill(relay: MemoryRelay, isStill: boolean): void {
    relay.isStill = isStill;
    this.#report(relay);
    relay.bus.setFrozen(isStill);
  }

  async end(): Promise<void> {
    this.#isEnded = true;
    for (const relay of this.alive) relay.isAlive = false;
    await Promise.all(this.relays.map((relay) => relay.server.abort()));
  }

  #report(relay: MemoryRelay): void {
    for (const changed of this.#changed) changed(relay);
  }
}
