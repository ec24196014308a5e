import { parseArgs } from 'node:util';

/**
 * For a program without options of its own: `--help` prints the help and ends the process, and
 * anything else is refused.
 *
 * @param {string} help
 */
export function answerHelp(help) {
  const { values } = parseArgs({ options: { help: { type: 'boolean' } } });
  if (!values.help) return;
  process.stdout.write(help);
  process.exit(0);
}
