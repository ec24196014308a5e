import { flagOf } from '../options/describe.js';
import { OptionError } from '../options/read.js';
import type { OptionName } from '../options.js';

/**
 * Uses an option that is validated only by its use.
 *
 * @throws {OptionError} with the option's flag before the error message of `use`
 */
export function readOption<T>(name: OptionName, use: () => T): T {
  try {
    return use();
  } catch (error) {
    throw new OptionError(`${flagOf(name)}: ${(error as Error).message}`);
  }
}
