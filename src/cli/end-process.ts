import { isatty } from 'node:tty';

/** Standard streams that were terminals when the process started. */
const terminals = [0, 1, 2].filter((descriptor) => isatty(descriptor));

/**
 * Ends the process.
 *
 * When a terminal of the process is closed, Node.js crashes in `process.exit`, because it cannot
 * reset that terminal. Then the default action of SIGHUP ends the process.
 */
export function endProcess(exitCode: number): never {
  if (terminals.some((descriptor) => !isatty(descriptor))) {
    process.removeAllListeners('SIGHUP');
    process.kill(process.pid, 'SIGHUP');
  }
  process.exit(exitCode);
}
