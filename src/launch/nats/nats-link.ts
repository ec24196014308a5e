import type { NatsConnection } from '@nats-io/transport-node';
import type { NatsConfig } from '../config/launch-config.js';
import type { StopTimer, Timers } from '../timers.js';
import { Buckets } from './buckets.js';
import { connectNats } from './connect.js';
import { loadNats, type NatsPackages } from './packages.js';

/** Gets the events of the connection to NATS, for the log. */
export interface NatsObserver {
  /** The connection is lost. Running games are not affected; requests that need NATS fail. */
  natsLost(reason: unknown): void;
  natsRestored(): void;
  /** An operation has failed, and is tried again. */
  natsFailed(error: unknown): void;
}

/** The pause before another attempt to open the buckets, in milliseconds. */
const RETRY_TIME = 1000;

export interface LinkParts {
  readonly config: NatsConfig;
  readonly observer: NatsObserver;
  readonly timers: Timers;
  /** Starts the watches. Is called each time that the buckets were opened. */
  readonly attach: (buckets: Buckets) => Promise<void>;
}

/** The connection to NATS, and its buckets, which are opened again after an interruption. */
export class NatsLink {
  readonly connection: NatsConnection;
  readonly packages: NatsPackages;
  readonly #parts: LinkParts;
  #buckets: Buckets | undefined;
  /** Counts connections and interruptions, to ignore the results of operations from before the last one. */
  #epoch = 0;
  #stopRetry: StopTimer | undefined;
  #isClosed = false;

  private constructor(connection: NatsConnection, packages: NatsPackages, parts: LinkParts) {
    this.connection = connection;
    this.packages = packages;
    this.#parts = parts;
  }

  /** @throws {NatsError} if NATS cannot be used */
  static async open(parts: LinkParts): Promise<NatsLink> {
    const packages = await loadNats();
    const link = new NatsLink(await connectNats(packages, parts.config), packages, parts);
    try {
      await link.#attach();
    } catch (error) {
      await link.close();
      throw error;
    }
    void link.#follow();
    return link;
  }

  /** `undefined` while NATS cannot be used. */
  get buckets(): Buckets | undefined {
    return this.#buckets;
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    this.#stopRetry?.();
    this.#dropBuckets();
    await this.connection.close();
  }

  async #attach(): Promise<void> {
    const epoch = ++this.#epoch;
    const buckets = await Buckets.open(this.connection, this.packages, (error) => {
      if (epoch === this.#epoch) this.#lost(error, true);
    });
    try {
      await this.#parts.attach(buckets);
    } catch (error) {
      buckets.close();
      throw error;
    }
    if (epoch === this.#epoch) this.#buckets = buckets;
    else buckets.close();
  }

  async #follow(): Promise<void> {
    for await (const status of this.connection.status()) {
      if (status.type === 'disconnect') this.#lost(new Error('disconnected'), false);
      if (status.type === 'reconnect') this.#restore();
    }
  }

  /** @param isConnected whether only the buckets are lost */
  #lost(reason: unknown, isConnected: boolean): void {
    this.#stopRetry?.();
    if (this.#isClosed) return;
    if (this.#buckets !== undefined) this.#parts.observer.natsLost(reason);
    this.#dropBuckets();
    if (isConnected) this.#retry();
  }

  #dropBuckets(): void {
    this.#epoch++;
    this.#buckets?.close();
    this.#buckets = undefined;
  }

  #restore(): void {
    const epoch = this.#epoch + 1;
    this.#attach().then(
      () => {
        if (this.#buckets !== undefined && epoch === this.#epoch) {
          this.#parts.observer.natsRestored();
        }
      },
      (error: unknown) => {
        if (epoch !== this.#epoch || this.#isClosed) return;
        this.#parts.observer.natsFailed(error);
        this.#retry();
      },
    );
  }

  #retry(): void {
    this.#stopRetry = this.#parts.timers.after(RETRY_TIME, () => this.#restore());
  }
}
