import { badField } from './bad-field.js';
import type { RequestedFeatures } from './features.js';
import type { Fields, ScalarName } from './fields.js';

/**
 * What `prepare` requests beyond WMBP. `with: true` requests nothing but the list of what the relay
 * has.
 *
 * @throws {CommandError} if a field is invalid
 */
export function readFeatures(fields: Fields): { readonly features?: RequestedFeatures } {
  const about = readFlag(fields, 'about');
  const isRequested = readFlag(fields, 'with') || about;
  return isRequested ? { features: { ...(about && { about }) } } : {};
}

/** A field that is true, or false by default. */
function readFlag(fields: Fields, name: ScalarName): boolean {
  const value = fields[name];
  if (value === undefined || value === null) return false;
  if (typeof value === 'boolean') return value;
  throw badField(name, 'true or false', value);
}
