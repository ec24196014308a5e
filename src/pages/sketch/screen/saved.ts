import type { Saved } from './party.js';

const KEY = 'sketch';

/** Storage may be full or blocked: then a reload loses the earlier drawings, or begins a new game. */
export function save(code: string, { pictures, ...saved }: Saved): void {
  if (!write({ code, ...saved, pictures })) write({ code, ...saved });
}

function write(value: object): boolean {
  try {
    sessionStorage.setItem(KEY, JSON.stringify(value));
    return true;
  } catch {
    return false;
  }
}

/** What was saved for the room with this code. */
export function load(code: string): Saved | undefined {
  try {
    const { code: kept, ...saved } = JSON.parse(sessionStorage.getItem(KEY) ?? '');
    return kept === code ? saved : undefined;
  } catch {
    return undefined;
  }
}
