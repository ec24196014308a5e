import type { KV, KvEntry, KvStatus } from '@nats-io/kv';
import { reasonOf } from '../../launch/nats/connect.js';
import { retry } from '../../launch/nats/retry.js';
import { type Bucket, type BucketEntry, BusError } from '../bus/bus.js';

/** The time before another attempt to watch, in milliseconds. */
const RETRY_TIME = 1000;

/** A key that is written to find out whether a bucket can be written. Watches do not report it. */
export const CHECK_KEY = 'check';

export interface NatsBucketContext {
  isConnected(): boolean;
  /** Whether a change was refused because the entry has another revision. */
  isConflict(error: unknown): boolean;
  /** Whether a request may succeed at the next attempt. */
  isTemporary(error: unknown): boolean;
}

/** A key-value bucket of JetStream. */
export class NatsBucket implements Bucket {
  readonly #kv: KV;
  readonly #context: NatsBucketContext;
  readonly #watches = new Set<Watch>();
  #isClosed = false;

  constructor(kv: KV, context: NatsBucketContext) {
    this.#kv = kv;
    this.#context = context;
  }

  async get(key: string): Promise<BucketEntry | undefined> {
    const entry = await this.#ask(() => this.#kv.get(key));
    return entry === null || entry.operation !== 'PUT' ? undefined : entryOf(entry);
  }

  async put(key: string, value: string): Promise<number> {
    return this.#ask(() => this.#kv.put(key, value));
  }

  async create(key: string, value: string): Promise<number | undefined> {
    return this.#unlessConflict(() => this.#kv.create(key, value));
  }

  async update(key: string, value: string, revision: number): Promise<number | undefined> {
    return this.#unlessConflict(() => this.#kv.update(key, value, revision));
  }

  async watch(changed: (entry: BucketEntry) => void): Promise<() => void> {
    const watch = new Watch(this.#kv, this.#context, changed);
    this.#watches.add(watch);
    await watch.begin();
    return () => {
      watch.stop();
      this.#watches.delete(watch);
    };
  }

  /** The bucket may have been created again: begins all watches again. */
  reopened(): void {
    for (const watch of this.#watches) watch.beginAgain();
  }

  /** Ends all watches. */
  close(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    for (const watch of this.#watches) watch.stop();
  }

  async #unlessConflict(change: () => Promise<number>): Promise<number | undefined> {
    return this.#ask(async () => {
      try {
        return await change();
      } catch (error) {
        if (this.#context.isConflict(error)) return undefined;
        throw error;
      }
    });
  }

  /** Fails at once while disconnected. The client would wait for a connection. */
  #ask<T>(question: () => Promise<T>): Promise<T> {
    if (!this.#context.isConnected()) return Promise.reject(new BusError('NATS is not available'));
    return asked(question());
  }
}

/** A watch that is started again if it ends by itself. */
class Watch {
  readonly #kv: KV;
  readonly #context: NatsBucketContext;
  readonly #changed: (entry: BucketEntry) => void;
  #entries: Awaited<ReturnType<KV['watch']>> | undefined;
  #retry: NodeJS.Timeout | undefined;
  #isStopped = false;

  constructor(kv: KV, context: NatsBucketContext, changed: (entry: BucketEntry) => void) {
    this.#kv = kv;
    this.#context = context;
    this.#changed = changed;
  }

  /** Resolves when all entries were reported. Rejects with a `BusError`. */
  async begin(): Promise<void> {
    const { isTemporary } = this.#context;
    const { streamInfo }: KvStatus = await asked(retry(() => this.#kv.status(), isTemporary));
    const { messages, last_seq: last } = streamInfo.state;
    // nats-server 2.9 may place it on a server that is down, and then on another one.
    const entries = await asked(retry(() => this.#kv.watch(), isTemporary));
    this.#entries?.stop();
    this.#entries = entries;
    if (this.#isStopped) entries.stop();
    const complete = new Promise<void>((resolve, reject) => {
      void this.#follow(entries, last, resolve).finally(() =>
        reject(new BusError('the watch has ended')),
      );
    });
    if (messages > 0) await complete;
    else complete.catch(() => {});
  }

  /** Begins again, from the first entry. */
  beginAgain(): void {
    this.begin().catch(() => this.#retryLater());
  }

  stop(): void {
    this.#isStopped = true;
    clearTimeout(this.#retry);
    this.#entries?.stop();
  }

  /**
   * @param last the revision of the last entry at the beginning, which may be overwritten by a later one.
   * How many entries are left, by `delta`, is wrong if some are overwritten meanwhile (nats-server 2.9).
   */
  async #follow(
    entries: AsyncIterable<KvEntry>,
    last: number,
    complete: () => void,
  ): Promise<void> {
    try {
      for await (const entry of entries) {
        if (this.#isStopped) return;
        if (entry.operation === 'PUT' && entry.key !== CHECK_KEY) this.#changed(entryOf(entry));
        if (entry.revision >= last) complete();
      }
    } catch {
      // It is started again.
    }
    // Unless it has been replaced.
    if (entries === this.#entries) this.#retryLater();
  }

  #retryLater(): void {
    if (this.#isStopped) return;
    // An attempt that ends early is reported twice: by its entries, and by the attempt.
    clearTimeout(this.#retry);
    this.#retry = setTimeout(() => this.beginAgain(), RETRY_TIME);
    this.#retry.unref();
  }
}

async function asked<T>(answer: Promise<T>): Promise<T> {
  try {
    return await answer;
  } catch (error) {
    throw new BusError(`JetStream of NATS does not answer: ${reasonOf(error)}`);
  }
}

function entryOf({ key, value, revision }: KvEntry): BucketEntry {
  return { key, value: Buffer.from(value).toString(), revision };
}
