import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { jetstream, jetstreamManager } from '@nats-io/jetstream';
import { type KV, Kvm } from '@nats-io/kv';
import { connect, type NatsConnection } from '@nats-io/transport-node';
import { onTestFinished } from 'vitest';
import type { Bucket } from '../../src/launch/nats/streams.js';
import { executable, pathOf } from './tools.js';

export const NATS = executable(
  'nats-server',
  '/usr/sbin/nats-server',
  'NATS_SERVER',
  'scripts/install-nats',
);

const LISTENING = /Listening for client connections on 127\.0\.0\.1:(\d+)/;
const READY = /Server is ready/;

/** A nats-server on loopback, until the test is over. It keeps its port and its data when it restarts. */
export class NatsServer {
  readonly #directory = mkdtempSync(join(tmpdir(), 'lobby-relay-nats-'));
  readonly #options: readonly string[];
  #child: ChildProcess | undefined;
  #port = -1;

  private constructor(options: readonly string[]) {
    this.#options = options;
  }

  /** @param options such as `-js`, without which it has no JetStream */
  static async start(...options: string[]): Promise<NatsServer> {
    const server = new NatsServer(options);
    onTestFinished(async () => {
      await server.kill();
      server.wipe();
    });
    await server.run();
    return server;
  }

  get host(): string {
    return `127.0.0.1:${this.#port}`;
  }

  get url(): string {
    return `nats://${this.host}`;
  }

  async run(): Promise<void> {
    const args = ['-a', '127.0.0.1', '-p', `${this.#port}`, '-sd', this.#directory];
    const child = spawn(pathOf(NATS), [...args, ...this.#options]);
    this.#child = child;
    const ended = once(child, 'close');
    let log = '';
    await new Promise<void>((ready, fail) => {
      createInterface(child.stderr).on('line', (line) => {
        log += `${line}\n`;
        this.#port = Number(LISTENING.exec(line)?.[1] ?? this.#port);
        if (READY.test(line)) ready();
      });
      void ended.then(() => fail(new Error(`nats-server has ended: ${log}`)));
    });
  }

  async kill(): Promise<void> {
    const child = this.#child;
    if (child === undefined || child.exitCode !== null || child.signalCode !== null) return;
    const ended = once(child, 'close');
    child.kill('SIGKILL');
    await ended;
  }

  /** Deletes all data, while the server is not running. */
  wipe(): void {
    rmSync(this.#directory, { recursive: true });
  }

  /** A connection of the test's own. */
  async connect(options: { readonly user?: string; readonly pass?: string } = {}) {
    const connection = await connect({ servers: this.host, ...options });
    onTestFinished(() => connection.close());
    return connection;
  }
}

/** What is in the buckets. */
export class TestBuckets {
  readonly connection: NatsConnection;

  constructor(connection: NatsConnection) {
    this.connection = connection;
  }

  async open(bucket: Bucket): Promise<KV> {
    return new Kvm(jetstream(this.connection)).open(bucket, { allow_direct: true });
  }

  async keys(bucket: Bucket): Promise<string[]> {
    const keys: string[] = [];
    for await (const key of await (await this.open(bucket)).keys()) keys.push(key);
    return keys;
  }

  async value(bucket: Bucket, key: string): Promise<string | undefined> {
    const entry = await (await this.open(bucket)).get(key);
    return entry?.operation === 'PUT' ? entry.string() : undefined;
  }

  /** Resolves when this bucket has this key, or has it no more. */
  async until(bucket: Bucket, key: string, isThere: boolean): Promise<void> {
    const watch = await (await this.open(bucket)).watch({ key });
    for await (const { operation } of watch) if ((operation === 'PUT') === isThere) break;
    watch.stop();
  }

  /** How many messages a bucket has, with the marks of deleted entries. */
  async messages(bucket: Bucket): Promise<number> {
    const manager = await jetstreamManager(this.connection);
    return (await manager.streams.info(`KV_${bucket}`)).state.messages;
  }
}
