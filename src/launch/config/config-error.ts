/** A launch configuration is invalid. The message is one line with the place in the file. */
export class ConfigError extends Error {
  override readonly name = 'ConfigError';
}

/**
 * The place of a value in a JSON file, written as in JavaScript: `games["spaceships/1"].players`. It is
 * empty for the whole file.
 */
export type Place = string;

export function memberOf(place: Place, key: string): Place {
  if (!/^[A-Za-z_]\w*$/.test(key)) return `${place}[${JSON.stringify(key)}]`;
  return place === '' ? key : `${place}.${key}`;
}

/** How much of an invalid value is shown, in characters. */
const MAX_SHOWN = 60;

/** @throws {ConfigError} with the place, the expected value, and the value that is there */
export function expected(place: Place, what: string, value: unknown): never {
  throw new ConfigError(`${place || 'the file'}: expected ${what}, got ${show(value)}`);
}

/** Lists and objects are not shown, because they may contain secrets. */
function show(value: unknown): string {
  if (value === undefined) return 'nothing';
  if (Array.isArray(value)) return `a list of ${value.length}`;
  if (typeof value === 'object' && value !== null) return 'an object';
  // A URL may contain a user and a password.
  const text = JSON.stringify(value).replace(/\/\/[^/]*@/, '//…@');
  return text.length > MAX_SHOWN ? `${text.slice(0, MAX_SHOWN)}…` : text;
}
