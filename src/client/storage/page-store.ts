import type { Clock, KeyStorage } from '../api.js';
import { attempt, type BrowserStorage, globals, onPageHide, randomKey } from '../browser.js';
import type { ResolvedEnvironment } from '../environment.js';
import type { RelayError } from '../errors/relay-error.js';
import { TokenBucket } from '../token-bucket.js';
import {
  type Entry,
  entriesOf,
  PREFIX,
  readEntry,
  removeEntry,
  writeEntry,
} from './stored-entry.js';
import { type LockResult, lock, lockOwn, type Unlock } from './tab-lock.js';

/** How many writes are done without delay, and the interval of writes after that, in milliseconds. */
const WRITE_BURST = 4;
const WRITE_INTERVAL = 1_000;

export interface PageStoreOptions {
  /** Returns the name of the value, the same after a reload. It may change while the page is open. */
  name(): string;
  /** Whether a page in another tab may use the value when this tab is closed. */
  readonly isShared: boolean;
}

/**
 * The value that a page stores for the page after a reload: its seat, or its room.
 *
 * It is stored in `sessionStorage`, and a seat also in `localStorage`. A page locks the id of the entry
 * that it uses: a duplicated tab has a copy of the session storage, and must not use the same entry.
 */
export class PageStore {
  readonly #clock: Clock;
  readonly #usesBrowserStorage: boolean;
  readonly #options: PageStoreOptions;
  readonly #session: KeyStorage | undefined;
  readonly #local: BrowserStorage | undefined;
  readonly #writes: TokenBucket;
  #id = randomKey();
  #value: unknown;
  /** The names under which the value is stored. */
  readonly #names = new Set<string>();
  #isClaimed = false;
  #unlock = (): void => {};
  #cancelWrite: (() => void) | undefined;
  #stopListening = (): void => {};

  constructor(environment: ResolvedEnvironment, options: PageStoreOptions) {
    this.#clock = environment.clock;
    this.#options = options;
    this.#writes = new TokenBucket(environment.clock, WRITE_BURST, 1_000 / WRITE_INTERVAL);
    const { storage } = environment;
    this.#usesBrowserStorage = storage === undefined;
    this.#session = this.#usesBrowserStorage
      ? attempt(() => globals.sessionStorage)
      : (storage ?? undefined);
    // Outside of browsers, there are no tabs.
    const hasLocal =
      this.#usesBrowserStorage && options.isShared && attempt(() => globals.document);
    this.#local = hasLocal ? attempt(() => globals.localStorage) : undefined;
  }

  /** Finds the value that this page has stored before its reload, or the value of a closed tab. */
  async find(): Promise<unknown> {
    const own = readEntry(this.#session, this.#name);
    if (!this.#usesBrowserStorage) return own && this.#adopt(own);
    // Removes expired entries of all pages of this origin.
    attempt(() => entriesOf(this.#session as BrowserStorage, PREFIX));
    const result = own ? await this.#lock(own) : 'taken';
    return own && result !== 'taken' ? this.#adopt(own, result) : this.#findShared(own?.id);
  }

  /** Stores a value, in place of the previous one. */
  store(value: unknown): void {
    this.#value = value;
    if (this.#session === undefined && this.#local === undefined) return;
    this.#claim();
    if (this.#cancelWrite !== undefined) return;
    if (this.#writes.take()) return this.#write();
    this.#cancelWrite = this.#clock.after(WRITE_INTERVAL, () => {
      this.#writes.take();
      this.#write();
    });
  }

  /** Removes the value for good. */
  remove(): void {
    this.#cancelWrite?.();
    this.#cancelWrite = undefined;
    for (const name of this.#names) {
      removeEntry(this.#session, name, this.#id);
      removeEntry(this.#local, this.#localName(name), this.#id);
    }
    this.#names.clear();
    this.release();
  }

  /** The room or the seat has ended for this page. */
  closed({ retry, code }: RelayError): void {
    // Otherwise it stays stored, for a later attempt or for the page that has replaced this one.
    if (retry === 'no' && code !== 'replaced') this.remove();
    else this.release();
  }

  /** Stops using the value, so that another page can use it. */
  release(): void {
    if (this.#cancelWrite !== undefined) this.#write();
    this.#isClaimed = false;
    this.#stopListening();
    this.#unlock();
  }

  get #name(): string {
    return `${PREFIX}${this.#options.name()}`;
  }

  /** Each tab has its own entry in `localStorage`, so that no tab overwrites another's. */
  #localName(name: string): string {
    return `${name} ${this.#id}`;
  }

  async #findShared(exceptId: string | undefined): Promise<unknown> {
    const all = attempt(() => entriesOf(this.#local as BrowserStorage, `${this.#name} `)) ?? [];
    const entries = all.filter(({ id }) => id !== exceptId);
    const results = await Promise.all(entries.map((entry) => this.#lock(entry)));
    let value: unknown;
    entries.forEach((entry, index) => {
      const unlock = results[index];
      if (typeof unlock !== 'function') return;
      if (this.#isClaimed) unlock();
      else value = this.#adopt(entry, unlock);
    });
    return value;
  }

  #adopt({ id, value }: Entry, unlock?: Unlock): unknown {
    this.#id = id;
    this.#value = value;
    if (unlock !== undefined) this.#claim(unlock);
    return value;
  }

  #claim(unlock?: Unlock): void {
    if (this.#isClaimed || !this.#usesBrowserStorage) return;
    this.#isClaimed = true;
    this.#unlock = unlock ?? this.#lockOwn();
    const hide = (): void => {
      this.#write(false);
      this.#unlock();
    };
    const restore = (): void => {
      this.#write();
      this.#unlock = this.#lockOwn();
    };
    this.#stopListening = onPageHide(hide, restore);
  }

  #lockOwn(): Unlock {
    return lockOwn(`${PREFIX}${this.#id}`);
  }

  #lock({ id, isInUse }: Entry): Promise<LockResult> {
    return lock(`${PREFIX}${id}`, this.#clock, isInUse);
  }

  #write(isInUse = true): void {
    this.#cancelWrite?.();
    this.#cancelWrite = undefined;
    if (this.#value === undefined) return;
    const entry = { id: this.#id, at: Date.now(), isInUse, value: this.#value };
    const name = this.#name;
    this.#names.add(name);
    writeEntry(this.#session, name, entry);
    writeEntry(this.#local, this.#localName(name), entry);
  }
}
