import type { KeyStorage } from '../api.js';
import { attempt, type BrowserStorage } from '../browser.js';

/** The prefix of all names in a storage. */
export const PREFIX = 'lobby-relay ';

/** How long entries are valid, in milliseconds: the highest value of `--max-hold`. */
const LIFETIME = 86_400_000;

/** The most entries in one storage. Beyond that, the oldest ones are removed. */
const MAX_ENTRIES = 32;

/** A value that is stored for the next page. */
export interface Entry {
  /** Does not change when the value changes. */
  readonly id: string;
  /** The time of writing, in milliseconds since 1970. */
  readonly at: number;
  /** Whether a page uses it. Also true after the browser was killed. */
  readonly isInUse: boolean;
  readonly value: unknown;
}

/** Reads an entry; `undefined` if there is no valid one, it has expired, or the storage is denied. */
export function readEntry(storage: KeyStorage | undefined, key: string): Entry | undefined {
  return attempt(() => {
    const entry = JSON.parse(storage?.getItem(key) ?? '');
    const isFresh = Math.abs(Date.now() - entry.at) < LIFETIME;
    return typeof entry.id === 'string' && isFresh ? entry : undefined;
  });
}

/** Writes an entry. Does nothing if there is no storage, or it is full or denied. */
export function writeEntry(storage: KeyStorage | undefined, key: string, entry: Entry): void {
  attempt(() => storage?.setItem(key, JSON.stringify(entry)));
}

/** Removes an entry, unless another page has replaced it: then it has another id. */
export function removeEntry(storage: KeyStorage | undefined, key: string, id: string): void {
  if (readEntry(storage, key)?.id === id) attempt(() => storage?.removeItem(key));
}

/**
 * Returns the entries whose keys have this prefix, newest first. Removes expired and excess entries.
 *
 * @throws any error if the storage is denied
 */
export function entriesOf(storage: BrowserStorage, prefix: string): readonly Entry[] {
  const found: Entry[] = [];
  Array.from({ length: storage.length }, (_, index) => storage.key(index) ?? '')
    .filter((key) => key.startsWith(PREFIX))
    .map((key) => ({ key, entry: readEntry(storage, key) }))
    .sort((one, other) => (other.entry?.at ?? 0) - (one.entry?.at ?? 0))
    .forEach(({ key, entry }, index) => {
      if (entry === undefined || index >= MAX_ENTRIES) storage.removeItem(key);
      else if (key.startsWith(prefix)) found.push(entry);
    });
  return found;
}
