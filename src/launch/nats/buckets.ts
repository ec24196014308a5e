import type { JetStreamManager } from '@nats-io/jetstream';
import type { KV, KvEntry, Kvm } from '@nats-io/kv';
import type { NatsConnection } from '@nats-io/transport-node';
import { NATS_TIMEOUT } from './connect.js';
import type { NatsPackages } from './packages.js';
import { type Bucket, ensureStreams } from './streams.js';

/** A change of an entry. The value is `undefined` if the entry was deleted. */
export interface Change {
  readonly key: string;
  readonly value: string | undefined;
  /** The number of the change in the bucket. */
  readonly revision: number;
}

/** An entry, or the delete marker of one. */
export interface Entry {
  readonly key: string;
  readonly isDeleted: boolean;
  /** The time of the change by the clock of NATS, in milliseconds since 1970. */
  readonly createdAt: number;
}

/** The key-value buckets that game servers and the relay share. */
export class Buckets {
  readonly #manager: JetStreamManager;
  readonly #kvm: Kvm;
  readonly #opened = new Map<Bucket, Promise<KV>>();
  readonly #watches = new Set<{ stop(): void }>();
  readonly #lost: (error: unknown) => void;
  #isClosed = false;

  private constructor(manager: JetStreamManager, kvm: Kvm, lost: (error: unknown) => void) {
    this.#manager = manager;
    this.#kvm = kvm;
    this.#lost = lost;
  }

  /**
   * Opens the buckets, and creates those that do not exist.
   *
   * @param lost is called if a watch ends or fails before `close`
   * @throws {NatsError} if they cannot be used
   */
  static async open(
    connection: NatsConnection,
    packages: NatsPackages,
    lost: (error: unknown) => void,
  ): Promise<Buckets> {
    const manager = await ensureStreams(connection, packages);
    const client = packages.jetstream.jetstream(connection, { timeout: NATS_TIMEOUT });
    return new Buckets(manager, new packages.kv.Kvm(client), lost);
  }

  async put(bucket: Bucket, key: string, value: string): Promise<void> {
    await (await this.#get(bucket)).put(key, value);
  }

  async delete(bucket: Bucket, key: string): Promise<void> {
    await (await this.#get(bucket)).delete(key);
  }

  /** Removes an entry, or its delete marker. Watches do not report it. */
  async purge(bucket: Bucket, key: string): Promise<void> {
    await this.#manager.streams.purge(`KV_${bucket}`, { filter: `$KV.${bucket}.${key}` });
  }

  async value(bucket: Bucket, key: string): Promise<string | undefined> {
    const entry = await (await this.#get(bucket)).get(key);
    return entry === null ? undefined : textOf(entry);
  }

  /** All entries and delete markers. */
  async entries(bucket: Bucket): Promise<Entry[]> {
    const entries: Entry[] = [];
    for await (const { key, operation, created } of await (await this.#get(bucket)).history()) {
      entries.push({ key, isDeleted: operation !== 'PUT', createdAt: created.getTime() });
    }
    return entries;
  }

  /** The number of the last change. */
  async revision(bucket: Bucket): Promise<number> {
    const { state } = await this.#manager.streams.info(`KV_${bucket}`);
    return state.last_seq;
  }

  /**
   * Reports each change as it happens.
   *
   * @param from the first revision to report; by default, the last change of each key is reported first
   */
  async watch(bucket: Bucket, changed: (change: Change) => void, from?: number): Promise<void> {
    const options = from === undefined ? {} : { resumeFromRevision: from };
    const watch = await (await this.#get(bucket)).watch(options);
    this.#watches.add(watch);
    void this.#follow(watch, changed);
  }

  /** Ends all watches. */
  close(): void {
    this.#isClosed = true;
    for (const watch of this.#watches) watch.stop();
  }

  async #follow(watch: AsyncIterable<KvEntry>, changed: (change: Change) => void): Promise<void> {
    let end: unknown = new Error('a watch has ended');
    try {
      for await (const entry of watch) {
        if (this.#isClosed) return;
        changed({ key: entry.key, value: textOf(entry), revision: entry.revision });
      }
    } catch (error) {
      end = error;
    }
    if (!this.#isClosed) this.#lost(end);
  }

  #get(bucket: Bucket): Promise<KV> {
    const opened = this.#opened.get(bucket) ?? this.#kvm.open(bucket, { allow_direct: true });
    this.#opened.set(bucket, opened);
    return opened;
  }
}

/** The value as text, with replacement characters for invalid UTF-8; `undefined` if it was deleted. */
function textOf({ operation, value }: KvEntry): string | undefined {
  return operation === 'PUT' ? Buffer.from(value).toString() : undefined;
}
