import type { Clock, KeyStorage } from '../api.js';
import { attempt, type BrowserStorage, globals, onLeave, randomKey } from '../browser.js';
import type { Resolved } from '../environment.js';
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
import { hold, type LockResult, lock, type Unlock } from './tab-lock.js';

/** How many writes are made at once, and the milliseconds between writes after that. */
const WRITE_BURST = 4;
const WRITE_EVERY = 1_000;

export interface PageMemoryOptions {
  /** The name of the value; the same after a reload. It may change while the page is open. */
  name(): string;
  /** Whether a page in another tab may take the value when this tab is closed. */
  readonly isForDevice: boolean;
}

/**
 * The value that a page stores for the next page after a reload: its seat, or its room.
 *
 * It is stored in `sessionStorage`, and a seat in `localStorage` as well. A page that uses an entry
 * locks its id: a duplicated tab has a copy of the session storage, and finds the entry in use.
 */
export class PageMemory {
  readonly #clock: Clock;
  readonly #isOfBrowser: boolean;
  readonly #options: PageMemoryOptions;
  readonly #session: KeyStorage | undefined;
  readonly #device: BrowserStorage | undefined;
  readonly #writes: TokenBucket;
  #id = randomKey();
  #value: unknown;
  /** The names under which the value was stored. */
  readonly #names = new Set<string>();
  #isUsed = false;
  #unlock = (): void => {};
  #cancelWrite: (() => void) | undefined;
  #stopListening = (): void => {};

  constructor(environment: Resolved, options: PageMemoryOptions) {
    this.#clock = environment.clock;
    this.#options = options;
    this.#writes = new TokenBucket(environment.clock, WRITE_BURST, 1_000 / WRITE_EVERY);
    const { storage } = environment;
    this.#isOfBrowser = storage === undefined;
    this.#session = this.#isOfBrowser
      ? attempt(() => globals.sessionStorage)
      : (storage ?? undefined);
    // Programs outside of browsers have no tabs.
    const hasDevice = this.#isOfBrowser && options.isForDevice && attempt(() => globals.document);
    this.#device = hasDevice ? attempt(() => globals.localStorage) : undefined;
  }

  /** Finds the value of this page before its reload, or of a page whose tab is closed. */
  async find(): Promise<unknown> {
    const own = readEntry(this.#session, this.#name);
    if (!this.#isOfBrowser) return own && this.#use(own);
    // Removes old entries of other pages of this origin.
    attempt(() => entriesOf(this.#session as BrowserStorage, PREFIX));
    const result = own ? await this.#lock(own) : 'taken';
    return own && result !== 'taken' ? this.#use(own, result) : this.#findOnDevice(own?.id);
  }

  /** Stores a value until it is replaced or dropped. */
  keep(value: unknown): void {
    this.#value = value;
    if (this.#session === undefined && this.#device === undefined) return;
    this.#beginUse();
    if (this.#cancelWrite !== undefined) return;
    if (this.#writes.take()) return this.#write();
    this.#cancelWrite = this.#clock.after(WRITE_EVERY, () => {
      this.#writes.take();
      this.#write();
    });
  }

  /** Removes the value for good. */
  drop(): void {
    this.#cancelWrite?.();
    this.#cancelWrite = undefined;
    for (const name of this.#names) {
      removeEntry(this.#session, name, this.#id);
      removeEntry(this.#device, this.#deviceName(name), this.#id);
    }
    this.#names.clear();
    this.release();
  }

  /** The room or the seat is over for this page. */
  leave({ retry, code }: RelayError): void {
    // It stays stored for a later attempt, and for the page that has taken it.
    if (retry === 'no' && code !== 'replaced') this.drop();
    else this.release();
  }

  /** Stops using the value, and leaves it to the next page. */
  release(): void {
    if (this.#cancelWrite !== undefined) this.#write();
    this.#isUsed = false;
    this.#stopListening();
    this.#unlock();
  }

  get #name(): string {
    return `${PREFIX}${this.#options.name()}`;
  }

  /** Each tab has its own entry in `localStorage`, so that no tab overwrites another's. */
  #deviceName(name: string): string {
    return `${name} ${this.#id}`;
  }

  async #findOnDevice(except: string | undefined): Promise<unknown> {
    const all = attempt(() => entriesOf(this.#device as BrowserStorage, `${this.#name} `)) ?? [];
    const entries = all.filter(({ id }) => id !== except);
    const results = await Promise.all(entries.map((entry) => this.#lock(entry)));
    let value: unknown;
    entries.forEach((entry, index) => {
      const unlock = results[index];
      if (typeof unlock !== 'function') return;
      if (this.#isUsed) unlock();
      else value = this.#use(entry, unlock);
    });
    return value;
  }

  #use({ id, value }: Entry, unlock?: Unlock): unknown {
    this.#id = id;
    this.#value = value;
    if (unlock !== undefined) this.#beginUse(unlock);
    return value;
  }

  #beginUse(unlock?: Unlock): void {
    if (this.#isUsed || !this.#isOfBrowser) return;
    this.#isUsed = true;
    this.#unlock = unlock ?? this.#hold();
    const leave = (): void => {
      this.#write(false);
      this.#unlock();
    };
    const comeBack = (): void => {
      this.#write();
      this.#unlock = this.#hold();
    };
    this.#stopListening = onLeave(leave, comeBack);
  }

  #hold(): Unlock {
    return hold(`${PREFIX}${this.#id}`);
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
    writeEntry(this.#device, this.#deviceName(name), entry);
  }
}
