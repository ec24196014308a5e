import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';

/** Where the plots and figures of the documentation are. */
const PERFORMANCE = fileURLToPath(new URL('../../docs/performance', import.meta.url));

/**
 * What a program that measures and draws is asked for: `--relay`, `--out`, and `--name` for all of
 * its own. `--help` prints the help and ends the process.
 *
 * @param {string} help
 * @param {Record<string, number>} numbers its own that are numbers, by what they usually are
 * @param {readonly string[]} [texts] its own that are texts
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
