import {
  type NumberOption,
  OPTION_NAMES,
  OPTIONS,
  type OptionName,
  type OptionSpec,
  type Options,
  type Unit,
} from '../options.js';
import { KIB, MIB } from '../units.js';
import { closest } from './closest.js';
import { environmentOf, flagOf, rangeOf } from './describe.js';
import { type Environment, isServiceAddress } from './environment.js';

/** An invalid option; the message is one line that says what is expected. */
export class OptionError extends Error {
  override readonly name = 'OptionError';
}

/**
 * Validates the options that a program passes, and adds the defaults.
 *
 * @throws {OptionError} if there is no such option, or a value has the wrong type or is out of
 * bounds
 */
export function completeOptions(given: Partial<Options> = {}): Options {
  const unknown = Object.keys(given).find((name) => !Object.hasOwn(OPTIONS, name));
  if (unknown !== undefined) throw new OptionError(unknownOption(unknown));
  return build((name) => {
    const value = given[name];
    if (value === undefined) return undefined;
    if (typeof value !== 'string') return { value, source: name };
    rejectBlankSecret(name, name, value);
    return { value: value.trim(), source: name };
  });
}

/**
 * Reads options from flags and environment variables: a flag overrides a variable, which overrides
 * the default. An empty variable counts as not set, and so does the address of a service where a
 * number is expected (see `environmentNotices`). White space and quotes around a value are dropped: a
 * secret that is mounted as a file ends in a line break, and Docker's env files keep quotes.
 *
 * @throws {OptionError} if a value cannot be read or is out of its bounds
 */
export function parseOptions(
  flags: Partial<Record<OptionName, string | boolean>>,
  environment: Environment,
): Options {
  return build((name) => {
    const flag = flags[name];
    if (flag !== undefined) return { value: parseFlag(name, flag), source: flagOf(name) };
    for (const source of environmentOf(name)) {
      const text = bare(environment[source] ?? '');
      rejectBlankSecret(name, source, environment[source] ?? '');
      if (text === '') continue;
      if (!isServiceAddress(source, text)) return { value: parse(name, text), source };
    }
    return undefined;
  });
}

interface Given {
  readonly value: unknown;
  /** The name by which the user set it, for the error message. */
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

function parseFlag(name: OptionName, given: string | boolean): unknown {
  if (typeof given === 'boolean') return given;
  rejectEmptySecret(name, given);
  rejectBlankSecret(name, flagOf(name), given);
  return parse(name, bare(given));
}

/** The text without surrounding white space, and without one pair of quotes. */
function bare(text: string): string {
  const trimmed = text.trim();
  return (/^(["'])(.*)\1$/s.exec(trimmed)?.[2] ?? trimmed).trim();
}

/** A secret of white space only must not count as no secret, which would let everybody in. */
function rejectBlankSecret(name: OptionName, source: string, raw: string): void {
  if (!isSecret(name) || !/^(["']?)\s+\1$/.test(raw)) return;
  throw new OptionError(`${source}: expected a secret, got only white space`);
}

/** As a shell passes `"$TOKEN"` where that variable is not set. */
function rejectEmptySecret(name: OptionName, flag: string): void {
  if (!isSecret(name) || flag !== '') return;
  throw new OptionError(`${flagOf(name)}: expected a secret, got nothing; omit the flag for none`);
}

function isSecret(name: OptionName): boolean {
  const spec: OptionSpec = OPTIONS[name];
  return spec.kind === 'text' && spec.secret === true;
}

const TRUE = new Set(['true', 'on', 'yes', '1']);
const FALSE = new Set(['false', 'off', 'no', '0']);

/** The parsed value; the text itself if it cannot be parsed, which `check` then refuses. */
function parse(name: OptionName, text: string): unknown {
  const spec: OptionSpec = OPTIONS[name];
  const lower = text.toLowerCase();
  switch (spec.kind) {
    case 'text':
      return spec.choices?.includes(lower) ? lower : text;
    case 'flag':
      return TRUE.has(lower) || (FALSE.has(lower) ? false : text);
    case 'number':
      if (spec.zero === 'automatic' && lower === 'auto') return 0;
      return parseNumber(spec, lower) ?? text;
  }
}

/** The factor of each suffix, relative to the option's own unit. */
const UNITS: Record<Unit, Readonly<Record<string, number>>> = {
  bytes: { kib: KIB, mib: MIB },
  count: {},
  seconds: { ms: 0.001, s: 1, min: 60, h: 3600 },
  milliseconds: { ms: 1, s: 1000 },
  percent: { '%': 1 },
};

function parseNumber({ unit }: NumberOption, text: string): number | undefined {
  const [, digits, suffix = ''] = /^(\d+(?:\.\d+)?)\s*([a-z%]*)$/.exec(text) ?? [];
  const scale = suffix === '' ? 1 : own(UNITS[unit], suffix);
  if (digits === undefined || scale === undefined) return undefined;
  const isTime = unit === 'seconds' || unit === 'milliseconds';
  if (digits.includes('.') && !isTime) return undefined;
  // Removes rounding errors: 1.1 s are exactly 1100 ms.
  return Number((Number(digits) * scale).toPrecision(15));
}

function own(table: Readonly<Record<string, number>>, name: string): number | undefined {
  return Object.hasOwn(table, name) ? table[name] : undefined;
}

function unknownOption(name: string): string {
  const meant = closest(name, OPTION_NAMES);
  return `${name}: there is no such option${meant === undefined ? '' : `; did you mean ${meant}?`}`;
}

/** Characters that nobody can type or send; U+FFFD replaces bytes that are not UTF-8. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: these are what is looked for
const UNTYPABLE = /[\0-\x1f\x7f-\x9f\u2028\u2029\ufffd]/;

function check(name: OptionName, { value, source }: Given): void {
  const spec: OptionSpec = OPTIONS[name];
  const expected = expectation(name, spec, value);
  if (expected === undefined) return;
  const got = spec.kind === 'text' && spec.secret ? 'something else' : quote(value);
  throw new OptionError(`${source}: expected ${expected}, got ${got}`);
}

/** What the option expects, if the value does not match; `undefined` if it does. */
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
      return typeof value === 'boolean' ? undefined : 'true or false, on or off, yes or no';
    case 'text':
      if (typeof value !== 'string') return 'text';
      if (UNTYPABLE.test(value)) return 'text without control characters, on one line';
      if (spec.maxLength !== undefined && value.length > spec.maxLength) {
        return `at most ${spec.maxLength} characters`;
      }
      if (value !== '' && spec.pattern?.test(value) === false) return spec.format;
      return (spec.choices?.includes(value) ?? true) ? undefined : `one of ${rangeOf(name)}`;
  }
}

function quote(value: unknown): string {
  return typeof value === 'string' ? JSON.stringify(value.slice(0, 80)) : String(value);
}
