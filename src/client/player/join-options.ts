import type { JoinOptions } from '../api.js';
import { CONNECT_OPTIONS, checkOptions, type OptionTypes } from '../check-options.js';
import { shortJson } from '../short-json.js';

const OPTIONS: OptionTypes = {
  ...CONNECT_OPTIONS,
  about: 'any',
  password: 'string',
  plain: 'boolean',
};

/**
 * @throws TypeError if an option does not exist or has another type
 * @throws RangeError if a number is out of bounds, or `about` is too long
 */
export function checkJoinOptions(functionName: string, options: JoinOptions): void {
  checkOptions(functionName, OPTIONS, options);
  shortJson(`${functionName}: about`, options.about);
}
