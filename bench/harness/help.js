import { parseArgs } from 'node:util';

/**
 * Reads the command line of a program without options: `--help` prints the help and ends the process,
 * and all other arguments are errors.
 *
 * @param {string} help
 */
export function answerHelp(help) {
  const { values } = parseArgs({ options: { help: { type: 'boolean' } } });
  if (!values.help) return;
  process.stdout.write(help);
  process.exit(0);
}
