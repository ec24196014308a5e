import type { KV, KvEntry } from '@nats-io/kv';
import { retry } from '../../launch/nats/retry.js';
import { type BucketEntry, BusError } from '../bus/bus.js';
import { asked, entryOf } from './answers.js';

/** The time before another attempt to begin, in milliseconds. */
const RETRY_TIME = 1000;

/** How long the entries that are there may take to arrive, in milliseconds. */
const PATIENCE = 15_000;

/**
 * How often to check whether entries still arrive, in milliseconds. If their NATS server fails and this
 * relay is connected to another one, the client notices that after a minute only.
 */
const CHECK_INTERVAL = 5000;

export interface NatsWatchContext {
  /** Whether a request may succeed at the next attempt. */
  isTemporary(error: unknown): boolean;
  changed(entry: BucketEntry): void;
}

/** Reports the entries of a bucket, and their changes. It begins again if nothing arrives any more. */
export class NatsWatch {
  readonly #kv: KV;
  readonly #context: NatsWatchContext;
  #entries: Awaited<ReturnType<KV['watch']>> | undefined;
  /** The highest revision that has arrived since it has begun. */
  #seen = 0;
  #seenChanged = (): void => {};
  /** The revision of the last entry at the last check. */
  #checked = 0;
  #isStale = false;
  #isBeginning = false;
  #timer: NodeJS.Timeout | undefined;
  #isStopped = false;

  constructor(kv: KV, context: NatsWatchContext) {
    this.#kv = kv;
    this.#context = context;
  }

  /** Resolves when all entries were reported. Rejects with a `BusError`. */
  async begin(): Promise<void> {
    await this.#begin();
    this.#checkLater();
  }

  /** Begins again, from the first entry. */
  beginAgain(): void {
    this.#isStale = true;
    if (!this.#isBeginning) void this.#beginWhileStale();
  }

  stop(): void {
    this.#isStopped = true;
    clearTimeout(this.#timer);
    this.#entries?.stop();
    this.#seenChanged();
  }

  async #beginWhileStale(): Promise<void> {
    this.#isBeginning = true;
    while (this.#isStale && !this.#isStopped) {
      this.#isStale = false;
      try {
        await this.#begin();
      } catch {
        this.#isStale = true;
        await pause(RETRY_TIME);
      }
    }
    this.#isBeginning = false;
  }

  async #begin(): Promise<void> {
    // nats-server 2.9 may place a watch on a server that is down. The next attempt may get another server.
    const entries = await asked(retry(() => this.#kv.watch(), this.#context.isTemporary));
    this.#entries?.stop();
    this.#entries = entries;
    if (this.#isStopped) entries.stop();
    this.#seen = 0;
    this.#checked = 0;
    void this.#follow(entries);
    await this.#catchUp();
  }

  /**
   * Waits for all entries. How many are left, by `delta`, is wrong if some are overwritten meanwhile
   * (nats-server 2.9).
   */
  async #catchUp(): Promise<void> {
    const end = performance.now() + PATIENCE;
    await this.#arrived(await this.#last(), end);
    // What was overwritten meanwhile comes after the others.
    await this.#arrived(await this.#last(), end);
  }

  async #arrived(revision: number, end: number): Promise<void> {
    while (this.#seen < revision && !this.#isStopped) {
      if (performance.now() > end) throw new BusError('JetStream of NATS sends no entries');
      await this.#nextEntry(end);
    }
  }

  /** The revision of the last entry. */
  async #last(): Promise<number> {
    const { streamInfo } = await asked(retry(() => this.#kv.status(), this.#context.isTemporary));
    const { messages, last_seq: last } = streamInfo.state;
    return messages === 0 ? 0 : last;
  }

  #nextEntry(end: number): Promise<void> {
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, end - performance.now());
      timer.unref();
      this.#seenChanged = () => {
        clearTimeout(timer);
        resolve();
      };
    });
  }

  async #follow(entries: AsyncIterable<KvEntry>): Promise<void> {
    try {
      for await (const entry of entries) {
        if (this.#isStopped || entries !== this.#entries) return;
        if (entry.operation === 'PUT') this.#context.changed(entryOf(entry));
        this.#seen = Math.max(this.#seen, entry.revision);
        this.#seenChanged();
      }
    } catch {
      // It is begun again.
    }
    if (!this.#isStopped && entries === this.#entries) this.beginAgain();
  }

  #checkLater(): void {
    if (this.#isStopped) return;
    this.#timer = setTimeout(() => void this.#check(), CHECK_INTERVAL);
    this.#timer.unref();
  }

  /** Begins again if an entry has not arrived since the last check. */
  async #check(): Promise<void> {
    try {
      const last = (await this.#kv.status()).streamInfo.state.last_seq;
      if (this.#seen < this.#checked) this.beginAgain();
      else this.#checked = last;
    } catch {
      // After a reconnect, it is begun again anyway.
    }
    this.#checkLater();
  }
}

function pause(milliseconds: number): Promise<void> {
  return new Promise((resolve) => {
    setTimeout(resolve, milliseconds).unref();
  });
}
