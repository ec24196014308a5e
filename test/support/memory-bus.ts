import {
  type Bucket,
  type BucketEntry,
  type Bus,
  type BusAnswer,
  BusError,
  type BusMessage,
  type BusStatus,
} from '../../src/cluster/bus/bus.js';
import { SYSTEM_TIMERS, type Timers } from '../../src/launch/timers.js';

/** A message on its way from one bus to another. */
export interface Passing {
  readonly from: string;
  readonly to: string;
  readonly subject: string;
  readonly bytes: Uint8Array;
}

/** When each copy of a message arrives, in milliseconds: none if it is lost. */
export type Fate = (message: Passing) => readonly number[];

const AT_ONCE: Fate = () => [0];

interface Subscription {
  readonly bus: MemoryBus;
  readonly parts: readonly string[];
  readonly receive: (message: BusMessage) => void;
}

/** What several buses share, in the memory of a test, which decides what happens to messages. */
export class MemoryBroker {
  /** Is asked about each message. */
  fate: Fate = AT_ONCE;
  readonly timers: Timers;
  readonly subscriptions = new Set<Subscription>();
  readonly #buses = new Set<MemoryBus>();
  readonly #buckets = new Map<string, MemoryEntries>();
  #isRunning = true;

  /** @param timers by default, those of the system */
  constructor(timers: Timers = SYSTEM_TIMERS) {
    this.timers = timers;
  }

  get isRunning(): boolean {
    return this.#isRunning;
  }

  connect(name: string): MemoryBus {
    const bus = new MemoryBus(name, this);
    this.#buses.add(bus);
    return bus;
  }

  /** Stops, and keeps its buckets. */
  stop(): void {
    this.#isRunning = false;
    for (const bus of this.#buses) bus.statusChanged();
  }

  start(): void {
    this.#isRunning = true;
    for (const bus of this.#buses) bus.statusChanged();
  }

  entries(bucket: string): MemoryEntries {
    const entries = this.#buckets.get(bucket) ?? new MemoryEntries();
    this.#buckets.set(bucket, entries);
    return entries;
  }

  /** Those whom a message on this subject reaches. */
  receivers(subject: string): Subscription[] {
    const parts = subject.split('.');
    return [...this.subscriptions].filter(
      ({ bus, parts: pattern }) => bus.isConnected && matches(pattern, parts),
    );
  }

  pass(from: string, to: Subscription, message: BusMessage): void {
    const { subject, bytes } = message;
    for (const delay of this.fate({ from, to: to.bus.name, subject, bytes })) {
      const copy = { ...message, bytes: Uint8Array.from(bytes), respond: message.respond };
      this.timers.after(delay, () => {
        if (this.subscriptions.has(to)) to.bus.take(() => to.receive(copy));
      });
    }
  }
}

function matches(pattern: readonly string[], parts: readonly string[]): boolean {
  if (pattern.length !== parts.length) return false;
  return pattern.every((part, i) => part === '*' || part === parts[i]);
}

class MemoryEntries {
  readonly entries = new Map<string, BucketEntry>();
  readonly watches = new Set<(entry: BucketEntry) => void>();
  #revision = 0;

  set(key: string, value: string): number {
    const entry = { key, value, revision: ++this.#revision };
    this.entries.set(key, entry);
    for (const watch of this.watches) watch(entry);
    return entry.revision;
  }
}

/** One connection to a broker. */
export class MemoryBus implements Bus {
  readonly name: string;
  /** How long changes of buckets take to arrive, in milliseconds. */
  watchDelay = 0;
  readonly #broker: MemoryBroker;
  readonly #listeners = new Set<(status: BusStatus) => void>();
  #isCut = false;
  #isClosed = false;
  #wasConnected = true;
  /** What arrives while the process stands still. */
  #frozen: (() => void)[] | undefined;

  constructor(name: string, broker: MemoryBroker) {
    this.name = name;
    this.#broker = broker;
  }

  get isConnected(): boolean {
    return !this.#isClosed && !this.#isCut && this.#broker.isRunning;
  }

  /** Cuts the connection, or restores it. */
  setCut(isCut: boolean): void {
    this.#isCut = isCut;
    this.statusChanged();
  }

  /** Whether the process stands still: what arrives waits. */
  setFrozen(isFrozen: boolean): void {
    const waiting = this.#frozen ?? [];
    this.#frozen = isFrozen ? waiting : undefined;
    if (!isFrozen) for (const action of waiting) action();
  }

  /** Something has arrived. */
  take(action: () => void): void {
    if (!this.isConnected) return;
    if (this.#frozen !== undefined) this.#frozen.push(action);
    else action();
  }

  statusChanged(): void {
    if (this.isConnected === this.#wasConnected || this.#isClosed) return;
    this.#wasConnected = this.isConnected;
    const status = this.isConnected ? 'reconnected' : 'disconnected';
    for (const listener of [...this.#listeners]) listener(status);
  }

  publish(subject: string, bytes: Uint8Array): void {
    if (!this.isConnected) return;
    const message = { subject, bytes, respond() {} };
    for (const to of this.#broker.receivers(subject)) this.#broker.pass(this.name, to, message);
  }

  subscribe(subject: string, receive: (message: BusMessage) => void): () => void {
    const subscription = { bus: this, parts: subject.split('.'), receive };
    this.#broker.subscriptions.add(subscription);
    return () => void this.#broker.subscriptions.delete(subscription);
  }

  request(subject: string, bytes: Uint8Array, timeout: number): Promise<BusAnswer> {
    return new Promise((resolve) => {
      this.#broker.timers.after(timeout, () => resolve({ is: 'timeout' }));
      if (!this.isConnected) return;
      const [to] = this.#broker.receivers(subject);
      if (to === undefined) {
        this.#broker.timers.after(0, () => resolve({ is: 'noResponders' }));
        return;
      }
      const respond = (answer: Uint8Array) => {
        const back = {
          bus: this,
          parts: [],
          receive: () => {
            this.#broker.subscriptions.delete(back);
            resolve({ is: 'answer', bytes: answer });
          },
        };
        this.#broker.subscriptions.add(back);
        this.#broker.pass(to.bus.name, back, { subject: 'answer', bytes: answer, respond() {} });
      };
      this.#broker.pass(this.name, to, { subject, bytes, respond });
    });
  }

  flush(): Promise<void> {
    return this.#ask(() => {});
  }

  async bucket(name: string): Promise<Bucket> {
    const shared = await this.#ask(() => this.#broker.entries(name));
    const { entries, watches } = shared;
    return {
      get: (key) => this.#ask(() => entries.get(key)),
      put: (key, value) => this.#ask(() => shared.set(key, value)),
      create: (key, value) =>
        this.#ask(() => (entries.has(key) ? undefined : shared.set(key, value))),
      update: (key, value, revision) =>
        this.#ask(() =>
          entries.get(key)?.revision === revision ? shared.set(key, value) : undefined,
        ),
      watch: (changed) =>
        this.#ask(() => {
          for (const entry of entries.values()) changed(entry);
          const watch = (entry: BucketEntry) => {
            const { timers } = this.#broker;
            timers.after(this.watchDelay, () => this.take(() => changed(entry)));
          };
          watches.add(watch);
          // What was changed meanwhile is reported again.
          this.onStatus((status) => {
            if (status === 'reconnected' && watches.has(watch)) {
              for (const entry of entries.values()) changed(entry);
            }
          });
          return () => void watches.delete(watch);
        }),
    };
  }

  onStatus(listener: (status: BusStatus) => void): () => void {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  }

  /** Also what a process does that is killed: nobody subscribes any more. */
  async close(): Promise<void> {
    this.#isClosed = true;
    this.#listeners.clear();
    for (const subscription of this.#broker.subscriptions) {
      if (subscription.bus === this) this.#broker.subscriptions.delete(subscription);
    }
  }

  /** The broker does something, and answers. */
  #ask<T>(action: () => T): Promise<T> {
    return new Promise((resolve, reject) => {
      this.#broker.timers.after(0, () => {
        if (this.isConnected) resolve(action());
        else reject(new BusError('the bus does not answer'));
      });
    });
  }
}
