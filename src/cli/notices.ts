import type { Logger } from 'pino';
import type { EnvironmentNotice } from '../options/environment.js';

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
