import type { Saved } from './party.js';

const KEY = 'sketch';

/** Storage may be full or blocked: then a reload begins a new game. */
export function save(code: string, saved: Saved): void {
  try {
    sessionStorage.setItem(KEY, JSON.stringify({ code, ...saved }));
  } catch {}
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
