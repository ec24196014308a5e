import { isListing, isListName } from '../protocol/listing.js';
import { areChoices } from '../protocol/poll-choices.js';
import { MAX_ASKING } from '../rooms/asking.js';
import type { Features } from '../rooms/features.js';
import { type PlayerId, parsePlayerId } from '../rooms/ids.js';
import { parseHash } from '../rooms/secret.js';
import { boundedPace } from '../rooms/times.js';

/** Stands for features that this relay never writes. */
export const DAMAGED = Symbol('damaged');

/** The features that are on or missing. */
const FLAGS = ['about', 'ask', 'code'] as const satisfies readonly (keyof Features)[];

/** The features of a saved room; nothing for a plain room. Unknown features are ignored. */
export function parseFeatures(value: unknown): {
  readonly features?: Features | typeof DAMAGED;
} {
  if (value === undefined) return {};
  if (typeof value !== 'object' || value === null) return { features: DAMAGED };
  const fields = value as Readonly<Record<string, unknown>>;
  const hash = parseHash(fields['password']);
  const { times, audience, list, listing } = fields;
  const isWhole =
    FLAGS.every((name) => isFlag(fields[name])) &&
    (times === undefined || isPace(times)) &&
    (audience === undefined || isMost(audience)) &&
    (list === undefined || isText(list, isListName)) &&
    (listing === undefined || isText(listing, isListing));
  if (!isWhole || (fields['password'] !== undefined && hash === undefined)) {
    return { features: DAMAGED };
  }
  const flags = Object.fromEntries(
    FLAGS.filter((name) => fields[name]).map((name) => [name, true]),
  );
  return {
    features: {
      ...flags,
      ...(hash && { password: hash }),
      ...(isPace(times) && { times }),
      ...(isMost(audience) && { audience }),
      ...(isText(list, isListName) && { list }),
      ...(isText(listing, isListing) && { listing }),
    },
  };
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
function isFlag(value: unknown): boolean {
  return value === undefined || value === true;
}

/** Whether this is a time between two measurements. */
function isPace(times: unknown): times is number {
  return typeof times === 'number' && boundedPace(times) === times;
}

/** The poll of a saved room; nothing for a room without one. */
export function parsePoll(value: unknown): { readonly poll?: readonly string[] | typeof DAMAGED } {
  if (value === undefined) return {};
  const isPoll = Array.isArray(value) && value.length > 0 && areChoices(value);
  return { poll: isPoll ? value : DAMAGED };
}

/** Whether this is a maximum number of viewers. */
function isMost(value: unknown): value is number {
  return typeof value === 'number' && Number.isSafeInteger(value) && value >= 1;
}

function isText(value: unknown, isValid: (text: string) => boolean): value is string {
  return typeof value === 'string' && isValid(value);
}
