import type { Logger } from 'pino';
import { TokenBucket } from '../limits/token-bucket.js';

/** `pino`, or a logger with the same methods. */
export type RelayLogger = Pick<Logger, 'debug' | 'info' | 'warn' | 'error'>;

export type Level = keyof RelayLogger;

/**
 * The rate of lines that clients cause. Ten per second are less than 3 KiB/s: rooms that open,
 * close and resume in a loop must not fill a disk.
 */
const BY_CLIENTS = { rate: 10, burst: 100 };

/**
 * Writes log lines so that logging cannot stop a game: exceptions of the logger are counted, and
 * the rate of lines that clients cause is limited.
 */
export class SafeLogger {
  /** How many lines were dropped because clients caused too many. */
  suppressed = 0;
  /** How many lines were lost because the logger threw. */
  failed = 0;
  readonly #logger: RelayLogger | undefined;
  readonly #byClients = new TokenBucket(BY_CLIENTS, performance.now());
  /** How many of the suppressed lines are not reported yet. */
  #unreported = 0;

  constructor(logger: RelayLogger | undefined) {
    this.#logger = logger;
  }

  /** Writes a line that clients cannot cause often, such as an error of the relay. */
  write(level: Level, fields: object, message: string): void {
    try {
      this.#logger?.[level](fields, message);
    } catch {
      this.failed++;
    }
  }

  /** Writes a line that clients cause, unless there were too many. Returns whether it was written. */
  writeBounded(level: Level, fields: object, message: string): boolean {
    if (!this.#byClients.tryTake(1, performance.now())) {
      this.suppressed++;
      this.#unreported++;
      return false;
    }
    if (this.#unreported > 0) {
      this.write('info', { lines: this.#unreported }, 'log lines suppressed');
    }
    this.#unreported = 0;
    this.write(level, fields, message);
    return true;
  }
}
