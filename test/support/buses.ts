import { onTestFinished, type TestOptions } from 'vitest';
import type { Bus } from '../../src/cluster/bus/bus.js';
import { NatsBus } from '../../src/cluster/nats/nats-bus.js';
import { MemoryBroker } from './memory-bus.js';
import { NATS, NatsServer } from './nats.js';
import { needs } from './tools.js';

/** What several buses of a test share. */
export interface TestBuses {
  connect(): Promise<Bus>;
  stop(): Promise<void>;
  start(): Promise<void>;
}

/** Every kind of bus, for suites that all of them have to pass. */
export const BUSES: readonly {
  readonly kind: string;
  readonly options: TestOptions;
  start(): Promise<TestBuses>;
}[] = [
  {
    kind: 'in memory',
    options: {},
    async start() {
      const broker = new MemoryBroker();
      let count = 0;
      return {
        connect: async () => broker.connect(`${++count}`),
        stop: async () => broker.stop(),
        start: async () => broker.start(),
      };
    },
  },
  {
    kind: 'over NATS',
    options: needs(NATS),
    async start() {
      const server = await NatsServer.start('-js');
      return {
        async connect() {
          const bus = await NatsBus.connect({ address: { url: server.url } });
          onTestFinished(() => bus.close());
          return bus;
        },
        stop: () => server.kill(),
        start: () => server.run(),
      };
    },
  },
];

/** Resolves at the next status of this kind. */
export function untilStatus(bus: Bus, wanted: 'disconnected' | 'reconnected'): Promise<void> {
  return new Promise((resolve) => {
    const stop = bus.onStatus((status) => {
      if (status !== wanted) return;
      stop();
      resolve();
    });
  });
}
