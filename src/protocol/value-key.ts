/** The most values for everybody, for the audience, and for each player. */
export const MAX_VALUES = 64;

/** The longest key of a value, in characters. */
export const MAX_KEY = 32;

/** Whether a value can have this key. */
export function isUsableKey(key: string): boolean {
  // A character has one or two units of UTF-16, so a long text does not have to be counted.
  return key !== '' && key.length <= 2 * MAX_KEY && [...key].length <= MAX_KEY;
}
