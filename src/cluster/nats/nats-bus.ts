import type { KV, Kvm } from '@nats-io/kv';
import type { Msg, NatsConnection } from '@nats-io/transport-node';
import { connectNats, type NatsAddress, reasonOf } from '../../launch/nats/connect.js';
import { NatsError } from '../../launch/nats/nats-error.js';
import { loadNats, type NatsPackages } from '../../launch/nats/packages.js';
import { retry } from '../../launch/nats/retry.js';
import {
  type Bucket,
  type Bus,
  type BusAnswer,
  BusError,
  type BusMessage,
  type BusStatus,
} from '../bus/bus.js';
import { MAX_BATCH } from '../wire/wire.js';
import { CHECK_KEY, NatsBucket } from './nats-bucket.js';

/** The time between attempts to reconnect, in milliseconds. */
const RECONNECT_WAIT = 100;

/**
 * The time between pings, in milliseconds. A connection is given up if two of them are not answered, so
 * that a dead one does not keep a relay out of its cluster for longer than others wait for it (15 s).
 */
const PING_INTERVAL = 2000;

export interface NatsBusOptions {
  readonly address: NatsAddress;
  /** The name of the connection, for the operators of NATS. */
  readonly name?: string;
  /** The number of replicas of each bucket; 1 by default. */
  readonly replicas?: number;
  /** A bucket has fewer replicas than it should have. */
  readonly notReplicated?: (reason: string) => void;
}

/** A bus over NATS. Buckets need JetStream. */
export class NatsBus implements Bus {
  readonly #connection: NatsConnection;
  readonly #packages: NatsPackages;
  readonly #replicas: number;
  readonly #notReplicated: (reason: string) => void;
  readonly #listeners = new Set<(status: BusStatus) => void>();
  readonly #buckets = new Map<string, NatsBucket>();
  #kvm: Kvm | undefined;
  #isConnected = true;

  private constructor(
    connection: NatsConnection,
    packages: NatsPackages,
    { replicas = 1, notReplicated = () => {} }: NatsBusOptions,
  ) {
    this.#connection = connection;
    this.#packages = packages;
    this.#replicas = replicas;
    this.#notReplicated = notReplicated;
    void this.#follow();
  }

  /** @throws {NatsError} if NATS cannot be used */
  static async connect(options: NatsBusOptions): Promise<NatsBus> {
    const packages = await loadNats();
    const { name = 'lobby-relay' } = options;
    const connecting = {
      name,
      pingInterval: PING_INTERVAL,
      reconnectJitter: 0,
      reconnectTimeWait: RECONNECT_WAIT,
    };
    const connection = await connectNats(packages, options.address, connecting);
    const { max_payload: largest = 0 } = connection.info ?? {};
    if (largest < MAX_BATCH) {
      await connection.close();
      throw new NatsError(`the max_payload of NATS is ${largest} bytes: links need ${MAX_BATCH}`);
    }
    return new NatsBus(connection, packages, options);
  }

  get isConnected(): boolean {
    return this.#isConnected && !this.#connection.isClosed();
  }

  publish(subject: string, bytes: Uint8Array): void {
    // While disconnected, the client would buffer the message, and drop it when it reconnects.
    if (!this.isConnected) return;
    try {
      this.#connection.publish(subject, bytes);
    } catch {
      // NATS, which may have restarted with another configuration, accepts no message of this size.
    }
  }

  subscribe(subject: string, receive: (message: BusMessage) => void): () => void {
    const subscription = this.#connection.subscribe(subject, {
      callback(error, message) {
        if (error === null) attempt(() => receive(new NatsMessage(message)));
      },
    });
    return () => subscription.unsubscribe();
  }

  async request(subject: string, bytes: Uint8Array, timeout: number): Promise<BusAnswer> {
    try {
      const { data } = await this.#connection.request(subject, bytes, { timeout });
      return { is: 'answer', bytes: data };
    } catch (error) {
      return { is: this.#isNoResponders(error) ? 'noResponders' : 'timeout' };
    }
  }

  async flush(): Promise<void> {
    try {
      await this.#connection.flush();
    } catch (error) {
      throw new BusError(`NATS does not answer: ${reasonOf(error)}`);
    }
  }

  async bucket(name: string): Promise<Bucket> {
    const { jetstream, kv } = this.#packages;
    this.#kvm ??= new kv.Kvm(jetstream.jetstream(this.#connection, { timeout: REQUEST_TIMEOUT }));
    const kvm = this.#kvm;
    try {
      const isTemporary = this.#isTemporary.bind(this);
      // Any replica answers a direct read, also one that has not got the last change yet.
      const settings = { history: 1, replicas: this.#replicas, allow_direct: false };
      const opened = await retry(() => kvm.create(name, settings), isTemporary);
      await this.#replicate(opened, isTemporary);
      // Its servers may have to elect a leader, or have no space.
      const hasNoLeader = (error: unknown): boolean =>
        isTemporary(error) || this.#isNoResponders((error as Error).cause);
      await retry(() => opened.put(CHECK_KEY, ''), hasNoLeader);
      const known = this.#buckets.get(name);
      if (known !== undefined) {
        known.reopened();
        return known;
      }
      const bucket = new NatsBucket(opened, {
        isConnected: () => this.isConnected,
        isConflict: (error) => this.#isConflict(error),
        isTemporary,
      });
      this.#buckets.set(name, bucket);
      return bucket;
    } catch (error) {
      throw new BusError(`cannot use the bucket ${name} of NATS: ${reasonOf(error)}`);
    }
  }

  /** Adds replicas to a bucket that was created with fewer. Without them, it can be used all the same. */
  async #replicate(bucket: KV, isTemporary: (error: unknown) => boolean): Promise<void> {
    if (this.#replicas === 1) return;
    const { replicas, streamInfo } = await retry(() => bucket.status(), isTemporary);
    if (replicas >= this.#replicas) return;
    const { name } = streamInfo.config;
    const manager = await this.#packages.jetstream.jetstreamManager(this.#connection);
    const update = { num_replicas: this.#replicas };
    try {
      await retry(() => manager.streams.update(name, update), isTemporary);
    } catch (error) {
      this.#notReplicated(`${name}: ${reasonOf(error)}`);
    }
  }

  onStatus(listener: (status: BusStatus) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  async close(): Promise<void> {
    this.#listeners.clear();
    for (const bucket of this.#buckets.values()) bucket.close();
    await this.#connection.close();
  }

  async #follow(): Promise<void> {
    for await (const { type } of this.#connection.status()) {
      if (type === 'disconnect') this.#report('disconnected');
      if (type === 'reconnect') this.#report('reconnected');
    }
  }

  #report(status: BusStatus): void {
    const isConnected = status === 'reconnected';
    if (isConnected === this.#isConnected) return;
    this.#isConnected = isConnected;
    for (const listener of [...this.#listeners]) attempt(() => listener(status));
  }

  #isNoResponders(error: unknown): boolean {
    const { RequestError, NoRespondersError } = this.#packages.transport;
    if (error instanceof RequestError) return error.isNoResponders();
    return error instanceof NoRespondersError;
  }

  /** Whether JetStream has refused a change, because the entry has another revision. */
  #isConflict(error: unknown): boolean {
    return this.#hasCode(error, WRONG_REVISION);
  }

  /** Whether opening a bucket may succeed at the next attempt. */
  #isTemporary(error: unknown): boolean {
    const { TimeoutError } = this.#packages.transport;
    return error instanceof TimeoutError || TEMPORARY.some((code) => this.#hasCode(error, code));
  }

  #hasCode(error: unknown, code: number): boolean {
    const { JetStreamApiError } = this.#packages.jetstream;
    return error instanceof JetStreamApiError && error.code === code;
  }
}

/** The timeout of requests to JetStream, in milliseconds. */
const REQUEST_TIMEOUT = 2000;

/**
 * Errors of JetStream that end by themselves: a cluster of servers has no leader, or too few servers for a
 * bucket, at the moment; another client is creating the bucket; its servers are down.
 */
const TEMPORARY = [10_008, 10_005, 10_065, 10_118];

/** The error of JetStream for a change of another revision than the last one. */
const WRONG_REVISION = 10_071;

class NatsMessage implements BusMessage {
  readonly #message: Msg;

  constructor(message: Msg) {
    this.#message = message;
  }

  get subject(): string {
    return this.#message.subject;
  }

  get bytes(): Uint8Array {
    return this.#message.data;
  }

  respond(bytes: Uint8Array): void {
    try {
      this.#message.respond(bytes);
    } catch {
      // The connection has been closed, or NATS accepts no message of this size: nobody gets an answer.
    }
  }
}

/** Throws exceptions as uncaught ones. The client would ignore them. */
function attempt(action: () => void): void {
  try {
    action();
  } catch (error) {
    process.nextTick(() => {
      throw error;
    });
  }
}
