import { CODE_SPACE } from './rooms/room-code.js';

/*
 * Every option, once. The command line, the environment, the help, the README's table and the
 * check of what a library's user passes all come from here.
 */

interface Described {
  /** One line for `--help` and the README. */
  readonly help: string;
  /** A one-letter flag besides the long one. */
  readonly short?: string;
  /** A plain environment variable that counts when the option's own is not set. */
  readonly alias?: string;
}

interface NumberOption extends Described {
  readonly kind: 'number';
  /** `bytes` may be written with KiB or MiB. */
  readonly unit: 'bytes' | 'count';
  readonly default: number;
  readonly min: number;
  readonly max: number;
}

interface TextOption extends Described {
  readonly kind: 'text';
  readonly default: string;
  /** What may stand there; anything if there is no list. */
  readonly choices?: readonly string[];
}

export type OptionSpec = NumberOption | TextOption;

const KIB = 1024;
const MIB = 1024 * KIB;

export const OPTIONS = {
  port: {
    kind: 'number',
    unit: 'count',
    default: 8081,
    min: 0,
    max: 65_535,
    short: 'p',
    alias: 'PORT',
    help: 'port to listen on; 0 takes a free one',
  },
  host: {
    kind: 'text',
    default: '',
    short: 'H',
    help: 'address to listen on; all interfaces if empty',
  },
  maxPlayers: {
    kind: 'number',
    unit: 'count',
    default: 1000,
    min: 1,
    max: 65_535,
    help: 'most players that a host may ask for; more is clamped',
  },
  maxRooms: {
    kind: 'number',
    unit: 'count',
    default: 10_000,
    min: 1,
    max: CODE_SPACE / 2,
    help: 'most rooms at a time; further hosts are closed with 1013',
  },
  maxPlayerMessage: {
    kind: 'number',
    unit: 'bytes',
    default: 4 * MIB,
    min: KIB,
    max: 256 * MIB,
    help: 'largest message from a player; a larger one is closed with 1009',
  },
  maxHostMessage: {
    kind: 'number',
    unit: 'bytes',
    default: 16 * MIB,
    min: KIB,
    max: 256 * MIB,
    help: 'largest message from a host; a larger one is closed with 1009',
  },
  logLevel: {
    kind: 'text',
    default: 'info',
    choices: ['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent'],
    help: 'least important log lines to write',
  },
  logFormat: {
    kind: 'text',
    default: 'auto',
    choices: ['auto', 'json', 'pretty'],
    help: 'form of log lines; auto is pretty on a terminal, else json',
  },
} as const satisfies Record<string, OptionSpec>;

export type OptionName = keyof typeof OPTIONS;

/** The value of every option. */
export type Options = {
  readonly [Name in OptionName]: (typeof OPTIONS)[Name] extends {
    choices: readonly (infer Choice)[];
  }
    ? Choice
    : (typeof OPTIONS)[Name]['kind'] extends 'number'
      ? number
      : string;
};

export const OPTION_NAMES = Object.keys(OPTIONS) as OptionName[];

/** A value that its option cannot have; the message is one line that says what it can be. */
export class OptionError extends Error {
  override readonly name = 'OptionError';
}

/** `maxPlayers` → `--max-players` */
export function flagOf(name: OptionName): string {
  return `--${kebab(name)}`;
}

/** `maxPlayers` → `LOBBY_RELAY_MAX_PLAYERS`, and plain names that count after it. */
export function environmentOf(name: OptionName): string[] {
  const { alias }: OptionSpec = OPTIONS[name];
  const own = `LOBBY_RELAY_${kebab(name).replaceAll('-', '_').toUpperCase()}`;
  return alias === undefined ? [own] : [own, alias];
}

/** A default as a person would write it: `4MiB`. */
export function defaultOf(name: OptionName): string {
  const spec: OptionSpec = OPTIONS[name];
  return spec.kind === 'number' && spec.unit === 'bytes'
    ? formatBytes(spec.default)
    : String(spec.default);
}

/** What an option can be: `1KiB to 256MiB`, or its choices; nothing if it can be anything. */
export function rangeOf(name: OptionName): string {
  const spec: OptionSpec = OPTIONS[name];
  if (spec.kind === 'text') return spec.choices?.join(', ') ?? '';
  const format = spec.unit === 'bytes' ? formatBytes : String;
  return `${format(spec.min)} to ${format(spec.max)}`;
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
  flags: Partial<Record<OptionName, string>>,
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

function build(given: (name: OptionName) => Given | undefined): Options {
  const options: Record<string, unknown> = {};
  for (const name of OPTION_NAMES) {
    const found = given(name);
    if (found !== undefined) check(name, found);
    options[name] = found === undefined ? OPTIONS[name].default : found.value;
  }
  return options as Options;
}

function parse(name: OptionName, text: string): unknown {
  const spec: OptionSpec = OPTIONS[name];
  if (spec.kind === 'text') return text;
  const match = /^(\d+)\s*(KiB|MiB)?$/i.exec(text.trim());
  const [, digits, unit] = match ?? [];
  if (digits === undefined || (unit !== undefined && spec.unit !== 'bytes')) return text;
  const scale = unit === undefined ? 1 : unit.toLowerCase() === 'kib' ? KIB : MIB;
  return Number(digits) * scale;
}

function check(name: OptionName, { value, source }: Given): void {
  const spec: OptionSpec = OPTIONS[name];
  const refuse = (expected: string): never => {
    throw new OptionError(`${source}: expected ${expected}, got ${quote(value)}`);
  };
  if (spec.kind === 'number') {
    if (Number.isInteger(value) && Number(value) >= spec.min && Number(value) <= spec.max) return;
    refuse(`${spec.unit === 'bytes' ? 'a size' : 'a whole number'} from ${rangeOf(name)}`);
  }
  if (typeof value !== 'string') refuse('text');
  else if (spec.kind === 'text' && !(spec.choices?.includes(value) ?? true)) {
    refuse(`one of ${rangeOf(name)}`);
  }
}

function quote(value: unknown): string {
  return typeof value === 'string' ? JSON.stringify(value.slice(0, 80)) : String(value);
}

function formatBytes(bytes: number): string {
  if (bytes % MIB === 0) return `${bytes / MIB}MiB`;
  return bytes % KIB === 0 ? `${bytes / KIB}KiB` : String(bytes);
}

function kebab(name: string): string {
  return name.replaceAll(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
}
