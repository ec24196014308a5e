import type { Readable } from 'node:stream';
import { TokenBucket } from '../limits/token-bucket.js';
import type { LaunchLog } from './launch-log.js';
import { LineSplitter } from './line-splitter.js';

/** The rate of lines that are logged of one server. */
const LINES = { rate: 10, burst: 100 };

/** The rate at which the output of one server is read, in bytes. Above it, the server has to wait. */
const BYTES = { rate: 1024 * 1024, burst: 4 * 1024 * 1024 };

/** The longest line that is logged, in characters. */
const MAX_LOGGED = 1000;

/** Colors and other commands to a terminal. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: these are what is looked for
const TERMINAL_COMMAND = /\x1b(?:\[[\d;?]*[ -/]*[@-~]|[@-_])/g;
// biome-ignore lint/suspicious/noControlCharactersInRegex: these are what is looked for
const CONTROL = /[\0-\x1f\x7f-\x9f\u2028\u2029]/g;

/** Output is split into lines, so each line of a secret, such as a key in PEM, is replaced by itself. */
const LINE_BREAK = /\s*[\r\n]+\s*/;

/** A shorter secret would be replaced in every other line. */
const MIN_SECRET = 4;

/** Logs what a server prints: lines of limited length, at a limited rate, without its secrets. */
export class ServerOutput {
  readonly #server: string;
  readonly #secrets: readonly string[];
  readonly #log: LaunchLog;
  readonly #lines = new TokenBucket(LINES, performance.now());
  readonly #bytes = new TokenBucket(BYTES, performance.now());
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
    // A stream that breaks says nothing more; the end of the server is noticed elsewhere.
    stream.on('error', () => undefined);
    stream.once('close', () => this.#reportSuppressed());
  }

  #logLine(bytes: Buffer): void {
    if (!this.#lines.tryTake(1, performance.now())) {
      this.#suppressed++;
      return;
    }
    this.#reportSuppressed();
    this.#log.serverOutput(this.#server, this.#clean(bytes.toString()));
  }

  #reportSuppressed(): void {
    if (this.#suppressed === 0) return;
    this.#log.serverOutputSuppressed(this.#server, this.#suppressed);
    this.#suppressed = 0;
  }

  #clean(text: string): string {
    // Before secrets are looked for: there may be a color within one.
    const plain = text.replace(TERMINAL_COMMAND, '').replace(CONTROL, ' ').trimEnd();
    const shown = this.#secrets.reduce(
      (line, secret) => line.replaceAll(secret, '[secret]'),
      plain,
    );
    return shown.length > MAX_LOGGED ? `${shown.slice(0, MAX_LOGGED)}…` : shown;
  }
}
