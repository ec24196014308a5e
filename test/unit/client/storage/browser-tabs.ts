import { AsyncLocalStorage } from 'node:async_hooks';
import { onTestFinished, vi } from 'vitest';
import type { Clock } from '../../../../src/client/api.js';
import { resolve } from '../../../../src/client/environment.js';
import { PageMemory, type PageMemoryOptions } from '../../../../src/client/storage/page-memory.js';
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
 * Replaces `BroadcastChannel` by one as between processes: what two tabs post at the same moment
 * arrives when both listen. In one process, a tab does not get what was posted before it listened.
 *
 * @returns delivers what was posted, and what is posted as an answer to it
 */
export function crossingChannels(): () => void {
  const open = new Set<CrossingChannel>();
  const posted: { readonly from: CrossingChannel; readonly data: unknown }[] = [];
  class CrossingChannel {
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
  vi.stubGlobal('BroadcastChannel', CrossingChannel);
  return () => {
    for (const { from, data } of posted) {
      const hearers = [...open].filter((each) => each !== from && each.name === from.name);
      for (const hearer of hearers) hearer.onmessage?.({ data });
    }
    posted.length = 0;
  };
}

/** A page in a tab. */
export class Tab {
  readonly session: MemoryStorage;
  readonly #listeners: { readonly name: string; readonly listener: Listener }[] = [];
  readonly #memory: PageMemory;

  constructor(options: PageMemoryOptions, session: MemoryStorage, clock?: Clock) {
    this.session = session;
    const environment = resolve({ WebSocket: FakeSocket, ...(clock && { clock }) });
    const create = () => new PageMemory(environment, options);
    this.#memory = running.run(this, create);
  }

  find(): Promise<unknown> {
    return running.run(this, () => this.#memory.find());
  }

  keep(value: unknown): void {
    running.run(this, () => this.#memory.keep(value));
  }

  drop(): void {
    this.#memory.drop();
  }

  release(): void {
    this.#memory.release();
  }

  /** Finds a value, or stores its own. */
  async visit(own: unknown): Promise<unknown> {
    const found = (await this.find()) ?? own;
    this.keep(found);
    return found;
  }

  /** The page is left or closed, and gets the event. */
  leave(): void {
    this.#tell('pagehide');
  }

  /** The page is restored from the back/forward cache. */
  comeBack(): void {
    this.#tell('pageshow');
  }

  addEventListener(name: string, listener: Listener): void {
    this.#listeners.push({ name, listener });
  }

  removeEventListener(name: string, listener: Listener): void {
    const isIt = (each: { name: string; listener: Listener }) =>
      each.name === name && each.listener === listener;
    const at = this.#listeners.findIndex(isIt);
    if (at >= 0) this.#listeners.splice(at, 1);
  }

  #tell(event: string): void {
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

  /** @param locks `navigator.locks`; without it tabs ask each other, as in insecure contexts */
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
    return this.#open({ name: () => 'seat', isForDevice: true }, session, clock);
  }

  /** The same for a page with a room. */
  openRoom(session = new MemoryStorage()): Tab {
    return this.#open({ name: () => `room ${this.path}`, isForDevice: false }, session);
  }

  #open(options: PageMemoryOptions, session: MemoryStorage, clock?: Clock): Tab {
    vi.stubGlobal('sessionStorage', session);
    const tab = new Tab(options, session, clock);
    this.#tabs.push(tab);
    return tab;
  }
}
