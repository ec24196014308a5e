import { type Logger, pino } from 'pino';
import pretty from 'pino-pretty';
import type { Options } from '../options.js';

/** The log on stdout: for people on a terminal, else one JSON object a line. */
export function createLog(
  { logLevel, logFormat }: Pick<Options, 'logLevel' | 'logFormat'>,
  onTerminal: boolean,
): Logger {
  const forPeople = logFormat === 'pretty' || (logFormat === 'auto' && onTerminal);
  // Written at once: a line must not be lost when the process ends right after it.
  const destination = forPeople
    ? pretty({
        colorize: onTerminal,
        singleLine: true,
        translateTime: 'HH:MM:ss',
        sync: true,
      })
    : pino.destination({ dest: 1, sync: true });
  return pino({ level: logLevel, base: null }, destination);
}
