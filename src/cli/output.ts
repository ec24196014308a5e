import { constants, openSync, writeSync } from 'node:fs';
import { isatty } from 'node:tty';

/** The most that is buffered for a slow reader, in bytes. Further lines are dropped. */
const MAX_BUFFERED = 1 << 20;

/** The interval for retries, in milliseconds. */
const RETRY = 100;

/** The descriptors of stdout and stderr. */
export type StandardStream = 1 | 2;

/**
 * Writes lines to stdout or stderr. The reader may be slow, stopped or closed, and the disk may be
 * full: writing never blocks and never throws. Up to 1 MiB is buffered for a slow reader. Lines beyond
 * that, or that cannot be written at all, are dropped as a whole.
 */
export class Output {
  /** Number of dropped lines. */
  dropped = 0;
  /** Is called with the number of dropped lines when writing works again. */
  onRecovered: ((lines: number) => void) | undefined;
  readonly #fd: number;
  readonly #queue: Buffer[] = [];
  #buffered = 0;
  /** Lines dropped since writing last worked. */
  #lost = 0;
  /** Bytes of the queue's first line that are written. */
  #written = 0;
  /** Whether the file ends with an incomplete line whose rest was dropped. */
  #isTruncated = false;
  #timer: NodeJS.Timeout | undefined;

  constructor(stream: StandardStream) {
    this.#fd = nonBlocking(stream);
  }

  /** @param line one or more lines, each with its line break */
  write(line: string): void {
    if (this.#buffered + line.length > MAX_BUFFERED) return this.#drop(1);
    const bytes = Buffer.from(line);
    this.#queue.push(bytes);
    this.#buffered += bytes.length;
    if (this.#timer === undefined) this.#drain();
  }

  /** Waits until all is written, at most for the timeout in milliseconds. */
  async flush(timeout: number): Promise<void> {
    const deadline = performance.now() + timeout;
    while (this.#queue.length > 0 && performance.now() < deadline) {
      this.#drain();
      if (this.#queue.length > 0) await new Promise((resolve) => setTimeout(resolve, RETRY / 10));
    }
  }

  #drain(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    try {
      while (this.#writeSome());
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'EAGAIN') return this.#retry();
      return this.#giveUp();
    }
    const lost = this.#lost;
    this.#lost = 0;
    if (lost > 0) this.onRecovered?.(lost);
  }

  /** Writes at least a part of the first line. Returns whether more is left. */
  #writeSome(): boolean {
    const [line] = this.#queue;
    if (line === undefined) return false;
    if (this.#isTruncated) {
      writeSync(this.#fd, '\n');
      this.#isTruncated = false;
    }
    this.#written += writeSync(this.#fd, line, this.#written);
    if (this.#written < line.length) return true;
    this.#queue.shift();
    this.#buffered -= line.length;
    this.#written = 0;
    return this.#queue.length > 0;
  }

  /** Drops the queue after an error, such as a full disk: retrying would only fill the buffer. */
  #giveUp(): void {
    this.#isTruncated ||= this.#written > 0;
    this.#drop(this.#queue.length);
    this.#queue.length = 0;
    this.#buffered = 0;
    this.#written = 0;
  }

  #retry(): void {
    this.#timer = setTimeout(() => this.#drain(), RETRY);
    // Pending lines must not keep the process alive.
    this.#timer.unref();
  }

  #drop(lines: number): void {
    this.dropped += lines;
    this.#lost += lines;
  }
}

/**
 * Returns a descriptor for the stream on which writes fail with `EAGAIN` instead of blocking. Pipes and
 * sockets become non-blocking when Node opens its own stream on them. A terminal, which Ctrl+S can
 * stop, is opened again, so that a shell that shares it is not affected. Without `/proc` that fails,
 * and writes to a stopped terminal block. Files never block.
 */
function nonBlocking(stream: StandardStream): number {
  if (isatty(stream)) {
    try {
      const { O_WRONLY, O_NONBLOCK, O_NOCTTY } = constants;
      return openSync(`/proc/self/fd/${stream}`, O_WRONLY | O_NONBLOCK | O_NOCTTY);
    } catch {
      return stream;
    }
  }
  const own = stream === 1 ? process.stdout : process.stderr;
  // Ignore errors of Node's own writes, such as warnings.
  own.on('error', () => {});
  return stream;
}
