import type { Features } from '../rooms/features.js';
import { parseHash } from '../rooms/secret.js';

/** Stands for features that this relay never writes. */
export const DAMAGED = Symbol('damaged');

/** The features of a saved room; nothing for a plain room. Unknown features are ignored. */
export function parseFeatures(value: unknown): {
  readonly features?: Features | typeof DAMAGED;
} {
  if (value === undefined) return {};
  if (typeof value !== 'object' || value === null) return { features: DAMAGED };
  const { about, password } = value as Readonly<Record<string, unknown>>;
  const hash = parseHash(password);
  if (about !== undefined && about !== true) return { features: DAMAGED };
  if (password !== undefined && hash === undefined) return { features: DAMAGED };
  return { features: { ...(about && { about }), ...(hash && { password: hash }) } };
}
