import { badField } from './bad-field.js';
import type { Fields, ScalarName } from './fields.js';

/** A field that is true, or false by default. */
export function readFlag(fields: Fields, name: ScalarName): boolean {
  const value = fields[name];
  if (value === undefined || value === null) return false;
  if (typeof value === 'boolean') return value;
  throw badField(name, 'true or false', value);
}
