import { readFileSync } from 'node:fs';
import { expect } from 'vitest';
import { readArguments } from '../../src/cli/arguments.js';
import { environmentOf } from '../../src/options/describe.js';
import { OPTION_NAMES, type Options } from '../../src/options.js';

/** How long the relay may take to close all connections after the drain, in seconds. */
export const CLOSE_GRACE = 2;

/** A file of the project. */
export function read(path: string): string {
  return readFileSync(new URL(`../../${path}`, import.meta.url), 'utf8');
}

/** The relay's options with these variables, all of which must be known, and with these flags. */
export function optionsOf(
  environment: Record<string, unknown>,
  flags: readonly string[] = [],
): Options {
  const variables = OPTION_NAMES.flatMap(environmentOf);
  expect(Object.keys(environment).filter((name) => !variables.includes(name))).toEqual([]);
  const texts = Object.entries(environment).map(([name, value]) => [name, String(value)]);
  const given = readArguments(flags, Object.fromEntries(texts));
  if (!given.run) throw new Error('does not run');
  return given.options;
}
