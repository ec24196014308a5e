const NEWLINE = 0x0a;

/** How much of a line is kept, in bytes; the rest of it is dropped. */
const MAX_LINE = 4096;

/** Splits a stream of bytes into lines, of which it never keeps more than 4 KiB. */
export class LineSplitter {
  readonly #line: (bytes: Buffer) => void;
  #pieces: Buffer[] = [];
  #length = 0;

  /** @param line is called with each line that is not empty, without its line break */
  constructor(line: (bytes: Buffer) => void) {
    this.#line = line;
  }

  add(chunk: Buffer): void {
    let start = 0;
    for (;;) {
      const end = chunk.indexOf(NEWLINE, start);
      this.#keep(chunk.subarray(start, end < 0 ? chunk.length : end));
      if (end < 0) return;
      this.end();
      start = end + 1;
    }
  }

  /** The line ends here. */
  end(): void {
    const bytes = Buffer.concat(this.#pieces);
    this.#pieces = [];
    this.#length = 0;
    if (bytes.length > 0) this.#line(bytes);
  }

  #keep(piece: Buffer): void {
    const kept = piece.subarray(0, MAX_LINE - this.#length);
    if (kept.length === 0) return;
    // A copy: the chunk that it is a part of may be much larger.
    this.#pieces.push(Buffer.from(kept));
    this.#length += kept.length;
  }
}
