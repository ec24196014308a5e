import type { Readable } from 'node:stream';
import { TokenBucket } from '../limits/token-bucket.js';
import type { LaunchLog } from './launch-log.js';
import { LineSplitter } from './line-splitter.js';

/** How many lines of one server are logged, per second. */
const LINE_RATE = { rate: 10, burst: 100 };

/** How much output of one server is read, in bytes per second. Beyond that, reading pauses. */
const BYTE_RATE = { rate: 1024 * 1024, burst: 4 * 1024 * 1024 };

/** The longest line that is logged, in characters. */
const MAX_LINE = 1000;

/** Escape sequences for terminals, such as colors. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: these are what is looked for
const TERMINAL_COMMAND = /\x1b(?:\[[\d;?]*[ -/]*[@-~]|[@-_])/g;
// biome-ignore lint/suspicious/noControlCharactersInRegex: these are what is looked for
const CONTROL = /[\0-\x1f\x7f-\x9f\u2028\u2029]/g;

/** Separates the lines of a secret, such as a PEM key: output is logged line by line. */
const LINE_BREAK = /\s*[\r\n]+\s*/;

/** The shortest secret that is replaced, in characters. Shorter ones would match too often. */
const MIN_SECRET = 4;

/** Logs the output of a server: lines of limited length, at a limited rate, without secrets. */
export class ServerOutput {
  readonly #server: string;
  readonly #secrets: readonly string[];
  readonly #log: LaunchLog;
  readonly #lines = new TokenBucket(LINE_RATE, performance.now());
  readonly #bytes = new TokenBucket(BYTE_RATE, performance.now());
  #suppressed = 0;

  constructor(server: string, secrets: readonly string[], log: LaunchLog) {
    this.#server = server;
    this.#secrets = secrets
      .flatMap((secret) => secret.split(LINE_BREAK))
      .filter(({ length }) => length >= MIN_SECRET);
    this.#log = log;
  }

  /** Reads this stream to its end. */
  read(stream: Readable): void {
    const lines = new LineSplitter((bytes) => this.#logLine(bytes));
    stream.on('data', (chunk: Buffer) => {
      lines.add(chunk);
      this.#bytes.take(chunk.length);
      const wait = this.#bytes.debt(performance.now());
      if (wait === 0) return;
      stream.pause();
      setTimeout(() => stream.resume(), wait);
    });
    stream.once('end', () => lines.end());
    // An error ends the stream. The end of the server is detected elsewhere.
    stream.on('error', () => undefined);
    stream.once('close', () => this.#reportSuppressed());
  }

  #logLine(bytes: Buffer): void {
    if (!this.#lines.tryTake(1, performance.now())) {
      this.#suppressed++;
      return;
    }
    this.#reportSuppressed();
    this.#log.serverOutput(this.#server, this.#sanitize(bytes.toString()));
  }

  #reportSuppressed(): void {
    if (this.#suppressed === 0) return;
    this.#log.serverOutputSuppressed(this.#server, this.#suppressed);
    this.#suppressed = 0;
  }

  #sanitize(text: string): string {
    // Removed before secrets are replaced, because a secret may contain a color.
    const plain = text.replace(TERMINAL_COMMAND, '').replace(CONTROL, ' ').trimEnd();
    const shown = this.#secrets.reduce(
      (line, secret) => line.replaceAll(secret, '[secret]'),
      plain,
    );
    return shown.length > MAX_LINE ? `${shown.slice(0, MAX_LINE)}…` : shown;
  }
}
