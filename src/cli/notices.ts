import type { Logger } from 'pino';
import type { EnvironmentNotice } from '../options/environment.js';
import type { UnusedOption } from '../options/unused.js';

/** Logs notices about the environment, without values, which may be secrets. */
export function logNotices(notices: readonly EnvironmentNotice[], logger: Logger): void {
  for (const { variable, reason, meant } of notices) {
    if (reason === 'service-link') {
      logger.info({ variable }, 'variable skipped: it contains the address of a service');
    } else {
      logger.warn(
        { variable, ...(meant && { meant }) },
        'unknown variable; no option has that name',
      );
    }
  }
}

/** Warns of options that have no effect. */
export function logUnused(unused: readonly UnusedOption[], logger: Logger): void {
  for (const { option, needs } of unused) {
    logger.warn({ option, needs }, 'option ignored: it has no effect without another one');
  }
}
