const NEWLINE = 0x0a;

/** The longest line by default, in bytes. The rest of a longer line is dropped. */
const MAX_LINE = 4096;

/** Splits a stream of bytes into lines. */
export class LineSplitter {
  readonly #onLine: (bytes: Buffer) => void;
  readonly #maxLine: number;
  #pieces: Buffer[] = [];
  #length = 0;

  /**
   * @param onLine is called with each line that is not empty, without the line break
   * @param maxLine how much of a line is buffered, in bytes
   */
  constructor(onLine: (bytes: Buffer) => void, maxLine = MAX_LINE) {
    this.#onLine = onLine;
    this.#maxLine = maxLine;
  }

  add(chunk: Buffer): void {
    let start = 0;
    for (;;) {
      const end = chunk.indexOf(NEWLINE, start);
      this.#append(chunk.subarray(start, end < 0 ? chunk.length : end));
      if (end < 0) return;
      this.end();
      start = end + 1;
    }
  }

  /** Ends the current line. */
  end(): void {
    const bytes = Buffer.concat(this.#pieces);
    this.#pieces = [];
    this.#length = 0;
    if (bytes.length > 0) this.#onLine(bytes);
  }

  #append(piece: Buffer): void {
    const kept = piece.subarray(0, this.#maxLine - this.#length);
    if (kept.length === 0) return;
    // A copy, so that the chunk, which may be much larger, is not kept in memory.
    this.#pieces.push(Buffer.from(kept));
    this.#length += kept.length;
  }
}
