import { isUsableKey, MAX_VALUES } from '../protocol/value-key.js';
import { parsePlayerId } from '../rooms/ids.js';
import type { SavedSeat, SavedValue } from '../rooms/saved-room.js';

type Fields = Readonly<Record<string, unknown>>;

/** A saved value; `undefined` if this relay never writes it. */
export function parseValue(value: unknown): SavedValue | undefined {
  const { key, player, audience, later, version, text, bytes } = value as Fields;
  const owner = player === undefined ? undefined : parsePlayerId(player);
  if (typeof key !== 'string' || !key.isWellFormed() || !isUsableKey(key)) return undefined;
  if ((player !== undefined && owner === undefined) || !isVersion(version)) return undefined;
  if (audience !== undefined && (audience !== true || player !== undefined)) return undefined;
  if (later !== undefined && later !== true) return undefined;
  const named = {
    key,
    ...(owner !== undefined && { player: owner }),
    ...(audience && { audience: true as const }),
    ...(later && { later: true as const }),
    version,
  };
  if (isText(text) && bytes === undefined) return { ...named, text };
  return text === undefined && isBase64(bytes) ? { ...named, bytes } : undefined;
}

/**
 * Whether these are the values of one room: in order, each key once for each owner, and none for a
 * player who has no seat.
 */
export function areConsistent(values: readonly SavedValue[], seats: readonly SavedSeat[]): boolean {
  const counts = new Map<number | 'audience' | undefined, number>([
    [undefined, 0],
    ['audience', 0],
  ]);
  for (const { id } of seats) counts.set(id, 0);
  const known = new Set<string>();
  let last = 0;
  for (const { player, audience, key, version } of values) {
    const owner = audience ? 'audience' : player;
    const count = counts.get(owner);
    if (count === undefined || count >= MAX_VALUES || version <= last) return false;
    counts.set(owner, count + 1);
    known.add(`${owner} ${key}`);
    last = version;
  }
  return known.size === values.length;
}

/** Whether this is the version of a value. */
export function isVersion(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) > 0;
}

function isText(text: unknown): text is string {
  return typeof text === 'string' && text.isWellFormed();
}

function isBase64(bytes: unknown): bytes is string {
  // A pattern would need a stack for millions of characters.
  return typeof bytes === 'string' && Buffer.from(bytes, 'base64').toString('base64') === bytes;
}
