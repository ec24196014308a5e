import { AsyncLocalStorage } from 'node:async_hooks';
import { onTestFinished, vi } from 'vitest';
import type { Clock } from '../../../../src/client/api.js';
import { resolveEnvironment } from '../../../../src/client/environment.js';
import { PageStore, type PageStoreOptions } from '../../../../src/client/storage/page-store.js';
import { MemoryStorage } from '../../../support/memory-storage.js';
import { FakeSocket } from '../fakes.js';

/** A substitute for `navigator.locks`, for all tabs of an origin. */
export class MemoryLocks {
  readonly #queues = new Map<string, Promise<void>>();

  async request(name: string, granted: () => Promise<void>): Promise<void> {
    const before = this.#queues.get(name) ?? Promise.resolve();
    const own = before.then(granted);
    this.#queues.set(name, own);
    await own;
  }
}

type Listener = (event: object) => void;

/** The page whose code is running. */
const running = new AsyncLocalStorage<Tab>();

/**
 * Replaces `BroadcastChannel` by one that delivers late, as between processes: messages that two tabs
 * post simultaneously arrive when both tabs listen.
 *
 * @returns a function that delivers all messages, and the answers to them
 */
export function delayedChannels(): () => void {
  const open = new Set<DelayedChannel>();
  const posted: { readonly from: DelayedChannel; readonly data: unknown }[] = [];
  class DelayedChannel {
    onmessage: ((event: { data: unknown }) => void) | null = null;

    constructor(readonly name: string) {
      open.add(this);
    }

    postMessage(data: unknown): void {
      posted.push({ from: this, data });
    }

    close(): void {
      open.delete(this);
    }
  }
  vi.stubGlobal('BroadcastChannel', DelayedChannel);
  return () => {
    for (const { from, data } of posted) {
      const receivers = [...open].filter((each) => each !== from && each.name === from.name);
      for (const receiver of receivers) receiver.onmessage?.({ data });
    }
    posted.length = 0;
  };
}

/** A page in a tab. */
export class Tab {
  readonly session: MemoryStorage;
  readonly #listeners: { readonly name: string; readonly listener: Listener }[] = [];
  readonly #store: PageStore;

  constructor(options: PageStoreOptions, session: MemoryStorage, clock?: Clock) {
    this.session = session;
    const environment = resolveEnvironment({ WebSocket: FakeSocket, ...(clock && { clock }) });
    const create = () => new PageStore(environment, options);
    this.#store = running.run(this, create);
  }

  find(): Promise<unknown> {
    return running.run(this, () => this.#store.find());
  }

  store(value: unknown): void {
    running.run(this, () => this.#store.store(value));
  }

  remove(): void {
    this.#store.remove();
  }

  release(): void {
    this.#store.release();
  }

  /** Finds a value, or stores this one. */
  async visit(own: unknown): Promise<unknown> {
    const found = (await this.find()) ?? own;
    this.store(found);
    return found;
  }

  /** The page is closed or put into the back/forward cache. */
  leave(): void {
    this.#dispatch('pagehide');
  }

  /** The page is restored from the back/forward cache. */
  comeBack(): void {
    this.#dispatch('pageshow');
  }

  addEventListener(name: string, listener: Listener): void {
    this.#listeners.push({ name, listener });
  }

  removeEventListener(name: string, listener: Listener): void {
    const matches = (each: { name: string; listener: Listener }) =>
      each.name === name && each.listener === listener;
    const at = this.#listeners.findIndex(matches);
    if (at >= 0) this.#listeners.splice(at, 1);
  }

  #dispatch(event: string): void {
    for (const { name, listener } of [...this.#listeners]) {
      if (name === event) running.run(this, () => listener({ persisted: true }));
    }
  }
}

/** A browser with pages of one origin. */
export class Device {
  readonly local = new MemoryStorage();
  readonly #tabs: Tab[] = [];
  /** The path of its pages. */
  path = '/play';

  /** @param locks `navigator.locks`; without it, tabs use a BroadcastChannel, as in insecure contexts */
  constructor(locks?: MemoryLocks) {
    const add = (name: string, listener: Listener) =>
      running.getStore()?.addEventListener(name, listener);
    const remove = (name: string, listener: Listener) => {
      for (const tab of this.#tabs) tab.removeEventListener(name, listener);
    };
    vi.stubGlobal('addEventListener', add);
    vi.stubGlobal('removeEventListener', remove);
    vi.stubGlobal('document', { visibilityState: 'visible' });
    vi.stubGlobal('localStorage', this.local);
    vi.stubGlobal('navigator', { locks });
    onTestFinished(() => {
      for (const tab of this.#tabs) tab.release();
      vi.unstubAllGlobals();
    });
  }

  /** Opens a page with a seat in a new tab, or in the tab with this session storage. */
  openSeat(session = new MemoryStorage(), clock?: Clock): Tab {
    return this.#open({ name: () => 'seat', isShared: true }, session, clock);
  }

  /** The same for a page with a room. */
  openRoom(session = new MemoryStorage()): Tab {
    return this.#open({ name: () => `room ${this.path}`, isShared: false }, session);
  }

  #open(options: PageStoreOptions, session: MemoryStorage, clock?: Clock): Tab {
    vi.stubGlobal('sessionStorage', session);
    const tab = new Tab(options, session, clock);
    this.#tabs.push(tab);
    return tab;
  }
}
