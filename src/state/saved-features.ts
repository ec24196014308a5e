import type { Features } from '../rooms/features.js';
import { MAX_ASKING } from '../rooms/asking.js';
import { type PlayerId, parsePlayerId } from '../rooms/ids.js';
import { parseHash } from '../rooms/secret.js';

/** Stands for features that this relay never writes. */
export const DAMAGED = Symbol('damaged');

/** The features of a saved room; nothing for a plain room. Unknown features are ignored. */
export function parseFeatures(value: unknown): {
  readonly features?: Features | typeof DAMAGED;
} {
  if (value === undefined) return {};
  if (typeof value !== 'object' || value === null) return { features: DAMAGED };
  const { about, ask, password } = value as Readonly<Record<string, unknown>>;
  const hash = parseHash(password);
  if (!isFlag(about) || !isFlag(ask)) return { features: DAMAGED };
  if (password !== undefined && hash === undefined) return { features: DAMAGED };
  const flags = { ...(about && { about }), ...(ask && { ask }) };
  return { features: { ...flags, ...(hash && { password: hash }) } };
}

/** The players about whom the host of a saved room was asked; nothing if there were none. */
export function parseAsking(value: unknown): {
  readonly asking?: readonly PlayerId[] | typeof DAMAGED;
} {
  if (value === undefined) return {};
  if (!Array.isArray(value) || value.length === 0 || value.length > MAX_ASKING) {
    return { asking: DAMAGED };
  }
  const ids = value.flatMap((id) => parsePlayerId(id) ?? []);
  return { asking: ids.length === value.length ? ids : DAMAGED };
}

/** Whether this is a feature that is on, or missing. */
function isFlag(value: unknown): value is true | undefined {
  return value === undefined || value === true;
}
