import { isObject } from '../shared/merge-patch.js';

/**
 * The smallest JSON merge patch (RFC 7386) that turns one JSON value into another; `undefined` if they
 * are equal. Lists are replaced as a whole.
 */
export function diff(before: unknown, after: unknown): unknown {
  if (before === after) return undefined;
  if (!isObject(before) || !isObject(after)) {
    return JSON.stringify(before) === JSON.stringify(after) ? undefined : after;
  }
  const removed = Object.keys(before).filter((key) => !Object.hasOwn(after, key));
  const changed = Object.entries(after).flatMap(([key, value]) => {
    const change = Object.hasOwn(before, key) ? diff(before[key], value) : value;
    return change === undefined ? [] : [[key, change] as const];
  });
  if (removed.length + changed.length === 0) return undefined;
  return Object.fromEntries([...removed.map((key) => [key, null] as const), ...changed]);
}

/** Whether a value or a member of an object is `null`, which a patch cannot set. Lists may have it. */
export function hasNull(value: unknown): boolean {
  return value === null || (isObject(value) && Object.values(value).some(hasNull));
}
