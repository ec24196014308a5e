// Command lines whose options are numbers.

import { parseArgs } from 'node:util';

/**
 * Reads `--name 5` for each name that has a default. An invalid number ends the process.
 *
 * @template {string} Name
 * @param {Readonly<Record<Name, number>>} defaults
 * @returns {{ numbers: Record<Name, number>; rest: string[] }} the numbers, and the arguments after `--`
 */
export function readNumbers(defaults) {
  const names = /** @type {Name[]} */ (Object.keys(defaults));
  const options = Object.fromEntries(
    names.map((name) => [name, /** @type {const} */ ({ type: 'string' })]),
  );
  try {
    const { values, positionals } = parseArgs({ options, allowPositionals: true });
    const numbers = /** @type {Record<Name, number>} */ ({ ...defaults });
    for (const [name, value] of Object.entries(values)) {
      numbers[/** @type {Name} */ (name)] = Number(value);
      if (!(Number(value) >= 0)) throw new Error(`--${name}: expected a number, got ${value}`);
    }
    return { numbers, rest: positionals };
  } catch (error) {
    const flags = names.map((name) => `[--${name} n]`).join(' ');
    console.error(`${error instanceof Error ? error.message : error}\nusage: ${flags}`);
    return process.exit(2);
  }
}
