import {
  type NumberOption,
  OPTION_NAMES,
  OPTIONS,
  type OptionName,
  type OptionSpec,
  type Options,
} from '../options.js';
import { environmentOf, flagOf, KIB, MIB, rangeOf } from './describe.js';

/** A value that its option cannot have; the message is one line that says what it can be. */
export class OptionError extends Error {
  override readonly name = 'OptionError';
}

/**
 * Completes options as given by a program.
 *
 * @throws {OptionError} if a value has the wrong type or is out of its bounds
 */
export function completeOptions(given: Partial<Options> = {}): Options {
  return build((name) => {
    const value = given[name];
    return value === undefined ? undefined : { value, source: name };
  });
}

/**
 * Options as given by flags and environment: a flag beats a variable beats the default. An empty
 * variable counts as not set.
 *
 * @throws {OptionError} if a value cannot be read or is out of its bounds
 */
export function parseOptions(
  flags: Partial<Record<OptionName, string | boolean>>,
  environment: Readonly<Record<string, string | undefined>>,
): Options {
  return build((name) => {
    const flag = flags[name];
    if (flag !== undefined) return { value: parse(name, flag), source: flagOf(name) };
    for (const variable of environmentOf(name)) {
      const text = environment[variable];
      if (text) return { value: parse(name, text), source: variable };
    }
    return undefined;
  });
}

interface Given {
  readonly value: unknown;
  /** What the user wrote it as, for the error. */
  readonly source: string;
}

function build(find: (name: OptionName) => Given | undefined): Options {
  const options: Record<string, unknown> = {};
  for (const name of OPTION_NAMES) {
    const found = find(name);
    if (found !== undefined) check(name, found);
    options[name] = found === undefined ? OPTIONS[name].default : found.value;
  }
  return options as Options;
}

/** What the text says; the text itself if it says nothing that the option could be. */
function parse(name: OptionName, text: string | boolean): unknown {
  const spec: OptionSpec = OPTIONS[name];
  if (typeof text === 'boolean') return text;
  switch (spec.kind) {
    case 'text':
      return text;
    case 'flag':
      return { true: true, on: true, 1: true, false: false, off: false, 0: false }[text] ?? text;
    case 'number':
      return parseNumber(spec, text.trim()) ?? text;
  }
}

function parseNumber({ unit }: NumberOption, text: string): number | undefined {
  if (unit === 'seconds') return /^\d+(\.\d+)?$/.test(text) ? Number(text) : undefined;
  const [, digits, suffix] = /^(\d+)\s*(KiB|MiB)?$/i.exec(text) ?? [];
  if (digits === undefined || (suffix !== undefined && unit !== 'bytes')) return undefined;
  const scale = suffix === undefined ? 1 : suffix.toLowerCase() === 'kib' ? KIB : MIB;
  return Number(digits) * scale;
}

function check(name: OptionName, { value, source }: Given): void {
  const spec: OptionSpec = OPTIONS[name];
  const expected = expectation(name, spec, value);
  if (expected === undefined) return;
  const got = spec.kind === 'text' && spec.secret ? 'something else' : quote(value);
  throw new OptionError(`${source}: expected ${expected}, got ${got}`);
}

/** What the option expects, if that is not what the value is. */
function expectation(name: OptionName, spec: OptionSpec, value: unknown): string | undefined {
  switch (spec.kind) {
    case 'number': {
      const whole = spec.unit !== 'seconds';
      const isNumber = whole ? Number.isInteger(value) : Number.isFinite(value);
      if (isNumber && Number(value) >= spec.min && Number(value) <= spec.max) return undefined;
      const what = spec.unit === 'bytes' ? 'a size' : whole ? 'a whole number' : 'a number';
      return `${what} from ${rangeOf(name)}`;
    }
    case 'flag':
      return typeof value === 'boolean' ? undefined : 'true or false';
    case 'text':
      if (typeof value !== 'string') return 'text';
      if (value !== '' && spec.pattern?.test(value) === false) return spec.looksLike;
      return (spec.choices?.includes(value) ?? true) ? undefined : `one of ${rangeOf(name)}`;
  }
}

function quote(value: unknown): string {
  return typeof value === 'string' ? JSON.stringify(value.slice(0, 80)) : String(value);
}
