import { type Logger, pino } from 'pino';
import type { PrettyStream } from 'pino-pretty';
import type { Options } from '../options.js';

/** The log on stdout: for people on a terminal, else one JSON object a line. */
export async function createLog(
  { logLevel, logFormat }: Pick<Options, 'logLevel' | 'logFormat'>,
  onTerminal: boolean,
): Promise<Logger> {
  const forPeople = logFormat === 'pretty' || (logFormat === 'auto' && onTerminal);
  // Written at once: a line must not be lost when the process ends right after it.
  const destination = forPeople
    ? await prettyStream(onTerminal)
    : pino.destination({ dest: 1, sync: true });
  return pino({ level: logLevel, base: null }, destination);
}

async function prettyStream(colorize: boolean): Promise<PrettyStream> {
  // Loaded only where it is needed: it takes a tenth of the time to start, and a megabyte.
  const { default: pretty } = await import('pino-pretty');
  return pretty({ colorize, singleLine: true, translateTime: 'HH:MM:ss', sync: true });
}
