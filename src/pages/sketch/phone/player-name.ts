const KEY = 'sketch name';

export interface StoredName {
  readonly name: string;
  /** Whether this tab has played under this name: then a reload rejoins without asking. */
  readonly isOfThisTab: boolean;
}

/** The name that the player last used on this device; `""` if there is none. */
export function storedName(): StoredName {
  const ofThisTab = read(() => sessionStorage);
  if (ofThisTab !== '') return { name: ofThisTab, isOfThisTab: true };
  return { name: read(() => localStorage), isOfThisTab: false };
}

export function storeName(name: string): void {
  write(() => sessionStorage, name);
  write(() => localStorage, name);
}

/** A browser that blocks cookies throws on access to its storage, and a full storage on writing. */
function read(storage: () => Storage): string {
  try {
    return storage().getItem(KEY) ?? '';
  } catch {
    return '';
  }
}

function write(storage: () => Storage, name: string): void {
  try {
    storage().setItem(KEY, name);
  } catch {}
}
