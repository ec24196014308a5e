import { createRequire } from 'node:module';
import { Command, CommanderError, Option } from 'commander';
import { defaultOf, environmentOf, flagOf, rangeOf } from '../options/describe.js';
import { type EnvironmentNotice, environmentNotices } from '../options/environment.js';
import { OptionError, parseOptions } from '../options/read.js';
import {
  OPTION_NAMES,
  OPTIONS,
  type OptionName,
  type OptionSpec,
  type Options,
} from '../options.js';

/** The request of the command line: run, or only print something (`--help`, `--version`). */
export type Arguments =
  | {
      readonly run: true;
      readonly options: Options;
      /** Notices about the environment, to be logged. */
      readonly notices: readonly EnvironmentNotice[];
    }
  | { readonly run: false; readonly print: string };

/**
 * Reads the command line and the environment.
 *
 * @throws {OptionError} one line that says what is wrong and what to do
 */
export function readArguments(
  argv: readonly string[],
  environment: Readonly<Record<string, string | undefined>>,
): Arguments {
  let print = '';
  const command = build((text) => {
    print += text;
  });
  try {
    command.parse(argv, { from: 'user' });
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error;
    if (error.exitCode === 0) return { run: false, print };
    throw new OptionError(oneLine(error.message));
  }
  const options = parseOptions(given(command), environment);
  return { run: true, options, notices: environmentNotices(environment) };
}

/** Options from the command line, without Commander's default for `--no-…` flags. */
function given(command: Command): Partial<Record<OptionName, string | boolean>> {
  const entries = Object.entries(command.opts<Partial<Record<OptionName, string | boolean>>>());
  return Object.fromEntries(
    entries.filter(([name]) => command.getOptionValueSource(name) === 'cli'),
  );
}

function build(write: (text: string) => void): Command {
  const command = new Command('lobby-relay')
    .description('A WebSocket relay for party games: rooms by a four-letter code.')
    .version(version(), '-V, --version', 'print the version')
    .helpOption('-h, --help', 'print this help')
    .allowExcessArguments(false)
    .exitOverride()
    .configureOutput({ writeOut: write, writeErr: () => {} })
    .addHelpText(
      'after',
      '\nA flag overrides its environment variable, which overrides the default.',
    );
  for (const name of OPTION_NAMES) command.addOption(toOption(name));
  return command;
}

function toOption(name: OptionName): Option {
  const spec: OptionSpec = OPTIONS[name];
  const short = spec.short === undefined ? '' : `-${spec.short}, `;
  const fallback = defaultOf(name);
  // A flag that is on is turned off by `--no-…`.
  const isOn = spec.kind === 'flag' && spec.default;
  const facts = [
    ...(spec.kind === 'text' && spec.choices ? [rangeOf(name)] : []),
    ...(fallback === '' || isOn ? [] : [`default ${fallback}`]),
    environmentOf(name).join(' or '),
  ];
  return new Option(
    `${short}${flagOf(name)}${placeholder(spec)}`,
    `${isOn ? 'do not ' : ''}${spec.help} (${facts.join('; ')})`,
  );
}

function placeholder(spec: OptionSpec): string {
  if (spec.kind === 'flag') return '';
  if (spec.kind === 'text') return ' <text>';
  return spec.unit === 'bytes' ? ' <size>' : ' <n>';
}

/** `error: unknown option '--prot'\n(Did you mean --port?)` → one line without the prefix. */
function oneLine(message: string): string {
  const line = message.replace(/^error: /, '').replaceAll(/\s*\n\s*/g, ' ');
  return `${line}; see lobby-relay --help`;
}

function version(): string {
  return createRequire(import.meta.url)('../../package.json').version;
}
