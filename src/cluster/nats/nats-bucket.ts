import type { KV } from '@nats-io/kv';
import { type Bucket, type BucketEntry, BusError } from '../bus/bus.js';
import { asked, entryOf } from './answers.js';
import { NatsWatch, type NatsWatchContext } from './nats-watch.js';

/** A key that is written to find out whether a bucket can be written. Watches do not report it. */
export const CHECK_KEY = 'check';

export interface NatsBucketContext extends Pick<NatsWatchContext, 'isTemporary'> {
  isConnected(): boolean;
  /** Whether a change was refused because the entry has another revision. */
  isConflict(error: unknown): boolean;
}

/** A key-value bucket of JetStream. */
export class NatsBucket implements Bucket {
  readonly #kv: KV;
  readonly #context: NatsBucketContext;
  readonly #watches = new Set<NatsWatch>();
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
    const watch = new NatsWatch(this.#kv, {
      isTemporary: this.#context.isTemporary,
      changed: (entry) => {
        if (entry.key !== CHECK_KEY) changed(entry);
      },
    });
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
