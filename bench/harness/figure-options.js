import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';

/** Where the plots and figures of the documentation are. */
const PERFORMANCE = fileURLToPath(new URL('../../docs/performance', import.meta.url));

/**
 * Reads the options of a program that measures and draws: `--relay`, `--out`, and options of its own.
 * `--help` prints the help and ends the process.
 *
 * @param {string} help
 * @param {Record<string, number>} numbers defaults of its numeric options
 * @param {readonly string[]} [texts] names of its text options
 */
export function readFigureOptions(help, numbers, texts = []) {
  const names = [...Object.keys(numbers), ...texts, 'relay', 'out'];
  const options = Object.fromEntries(names.map((name) => [name, { type: 'string' }]));
  const { values } = parseArgs({ options: { ...options, help: { type: 'boolean' } } });
  if (values.help) {
    process.stdout.write(help);
    process.exit(0);
  }
  const given = { ...numbers, ...values };
  const read = Object.keys(numbers).map((name) => [name, Number(given[name])]);
  return { out: PERFORMANCE, ...values, ...Object.fromEntries(read) };
}
