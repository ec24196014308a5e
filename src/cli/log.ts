import { type Logger, pino } from 'pino';
import type { Options } from '../options.js';
import type { Output } from './output.js';

/** Creates the log: readable text on a terminal, else one JSON object per line. */
export async function createLog(
  { logLevel, logFormat }: Pick<Options, 'logLevel' | 'logFormat'>,
  output: Output,
  onTerminal: boolean,
): Promise<Logger> {
  const forPeople = logFormat === 'pretty' || (logFormat === 'auto' && onTerminal);
  const format = forPeople ? await prettyFormat(onTerminal) : (line: string) => line;
  const logger = pino(
    { level: logLevel, base: null },
    { write: (line: string) => output.write(format(line)) },
  );
  output.onRecovered = (lines) =>
    logger.warn({ lines }, 'log lines were lost; writing works again');
  return logger;
}

async function prettyFormat(colorize: boolean): Promise<(line: string) => string> {
  // Loaded only when needed: it takes a tenth of the start time, and a megabyte.
  const { prettyFactory } = await import('pino-pretty');
  return prettyFactory({ colorize, singleLine: true, translateTime: 'HH:MM:ss' });
}
