import { randomBytes } from 'node:crypto';
import { jetstream } from '@nats-io/jetstream';
import { Kvm } from '@nats-io/kv';
import { expect, onTestFailed, onTestFinished } from 'vitest';
import { Cli } from './cli.js';
import { type Event, Host } from './clients.js';
import { NatsServer } from './nats.js';

/** A relay of a cluster, as a user starts it. */
export class ClusterRelay {
  readonly cli: Cli;
  url = '';
  http = '';

  constructor(args: readonly string[]) {
    const local = ['--host', '127.0.0.1', '--port', '0', '--max-lag', '0'];
    this.cli = new Cli([...local, ...args]);
  }

  async start(): Promise<this> {
    await this.cli.says('"listening"');
    const port = this.lines.find(({ msg }) => msg === 'listening')?.['port'];
    this.url = `ws://127.0.0.1:${port}`;
    this.http = `http://127.0.0.1:${port}`;
    return this;
  }

  /** The lines of the log so far. */
  get lines(): Record<string, unknown>[] {
    const lines = this.cli.stdout.split('\n').slice(0, -1);
    return lines.map((line) => JSON.parse(line));
  }

  /** A value of `/metrics`. */
  async metric(name: string): Promise<number> {
    const text = await (await fetch(`${this.http}/metrics`)).text();
    const line = text.split('\n').find((each) => each.startsWith(`lobby_relay_${name} `));
    return Number(line?.split(' ')[1]);
  }
}

/** Relays with a nats-server between them. */
export class TestCluster {
  readonly nats: NatsServer;
  readonly name = randomBytes(6).toString('hex');
  readonly relays: ClusterRelay[] = [];

  /** @param names of the relays */
  static async start(names: readonly string[], args: readonly string[] = []): Promise<TestCluster> {
    return TestCluster.startWith(await NatsServer.start('-js'), names, args);
  }

  /** Starts relays that share a nats-server of the test. */
  static async startWith(
    nats: NatsServer,
    names: readonly string[],
    args: readonly string[] = [],
  ): Promise<TestCluster> {
    const cluster = new TestCluster(nats);
    await Promise.all(names.map((name) => cluster.add(name, args)));
    await cluster.whenAllKnow(names.length);
    return cluster;
  }

  private constructor(nats: NatsServer) {
    this.nats = nats;
  }

  /** Starts another relay. */
  async add(name: string, args: readonly string[] = []): Promise<ClusterRelay> {
    const own = ['--cluster', this.nats.url, '--cluster-name', this.name, '--node', name];
    const relay = new ClusterRelay([...own, ...args]);
    this.relays.push(relay);
    onTestFailed(() => console.log(`the log of ${name}:\n${relay.cli.stdout}${relay.cli.stderr}`));
    onTestFinished(async () => {
      relay.cli.kill('SIGKILL');
      await relay.cli.exited;
    });
    return relay.start();
  }

  /** Waits until the record of a room in NATS has so many seats. */
  async whenSaved({ code }: { readonly code: string }, seats: number): Promise<void> {
    const connection = await this.nats.connect();
    const bucket = await new Kvm(jetstream(connection)).open(`lr_${this.name}_rooms`);
    const read = async (): Promise<number | undefined> => {
      const record = (await bucket.get(code))?.json<{ room?: { seats: object[] } }>();
      return record?.room?.seats.length;
    };
    await expect.poll(read, { timeout: 5000 }).toBe(seats);
  }

  /** Waits until each running relay knows all others. */
  async whenAllKnow(count: number): Promise<void> {
    for (const relay of this.relays) {
      if (!relay.cli.isRunning) continue;
      while ((await relay.metric('cluster_nodes')) < count - 1) {
        await new Promise((resolve) => setTimeout(resolve, 100));
      }
    }
  }
}

/** Resumes the room, and tries again while the relay asks for that, as the SDK does. */
export async function resumed(relay: Pick<ClusterRelay, 'url'>, host: Host): Promise<Host> {
  for (;;) {
    const again = await Host.resume(relay.url, host);
    const first: Event = await Promise.race([again.next(), again.closed]);
    if (!('code' in first)) {
      expect(first).toMatchObject({ cmd: 'prepare_reply', resumed: true });
      return again;
    }
    expect(first).toMatchObject({ code: 1012 });
  }
}
