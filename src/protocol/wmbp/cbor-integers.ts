/** A head of one byte, behind which the integer is in the next byte (RFC 8949 section 3.1). */
const ONE_BYTE = 24;

// Four integers in their heads are less than 24 each: neither these bits are set, nor with 8 added.
const LARGE_BITS = 0xe0e0e0e0 | 0;
const EIGHTS = 0x08080808;

// Two integers of one byte each, both behind a head of their own.
const HEADS = 0xff00ff00 | 0;
const ONE_BYTE_HEADS = 0x18001800;

/**
 * The most integers whose length differs from a neighbour's: they take ten times as long. There are
 * fewer of them in 12 MiB of random bytes.
 */
const MAX_MIXED = 1_048_576;

/**
 * Turns CBOR integers 0 to 255 into bytes, in the memory that they are in: each takes at least one byte,
 * so none is overwritten before it is read.
 *
 * There may be 16 MiB of them, which block the event loop. Where neighbours have the same length, as in
 * most data, they are read four or sixteen bytes at a time. Where nearly every length changes, branch
 * prediction fails, so the number of those is limited.
 */
export class CborIntegers {
  /** Where the next integer is read. */
  at = 0;
  /** Where the next byte is written, at most `at`. */
  to = 0;
  readonly #view: DataView;
  #mixed = 0;

  constructor({ buffer, byteOffset, byteLength }: Uint8Array) {
    this.#view = new DataView(buffer, byteOffset, byteLength);
  }

  /** Whether there were too many integers whose length differs from a neighbour's. */
  get areTooMixed(): boolean {
    return this.#mixed > MAX_MIXED;
  }

  /**
   * Reads up to `max` integers in their shortest form, as every encoder writes them. Stops before any
   * other item, and before an integer that may be incomplete.
   */
  readShort(max: number): void {
    const view = this.#view;
    const end = this.to + max;
    const lastWord = view.byteLength - 4;
    let { at, to } = this;
    let mixed = this.#mixed;
    while (to < end && mixed <= MAX_MIXED) {
      if (to + 4 <= end && at <= lastWord) {
        const word = view.getUint32(at);
        if (((word | (word + EIGHTS)) & LARGE_BITS) === 0) {
          view.setUint32(to, word);
          const read = copyRun(view, at + 4, to + 4, end);
          at += 4 + read;
          to += 4 + read;
          continue;
        }
        if ((word & HEADS) === ONE_BYTE_HEADS) {
          view.setUint16(to, bytesBehindHeads(word));
          const read = joinRun(view, at + 4, to + 2, end);
          at += 4 + read;
          to += 2 + read / 2;
          continue;
        }
      }
      if (at + 1 >= view.byteLength || view.getUint8(at) > ONE_BYTE) break;
      // 1 for an integer in a byte after the head, 0 for one in the head.
      const extra = (view.getUint8(at) + 8) >>> 5;
      view.setUint8(to++, view.getUint8(at + extra));
      at += 1 + extra;
      mixed++;
    }
    this.at = at;
    this.to = to;
    this.#mixed = mixed;
  }
}

/** Copies integers in their heads, sixteen at a time, and returns how many bytes it has read. */
function copyRun(view: DataView, start: number, to: number, end: number): number {
  const last = Math.min(view.byteLength - 16, start + end - to - 16);
  const back = start - to;
  let at = start;
  for (; at <= last; at += 16) {
    const a = view.getUint32(at);
    const b = view.getUint32(at + 4);
    const c = view.getUint32(at + 8);
    const d = view.getUint32(at + 12);
    const sums = (a + EIGHTS) | (b + EIGHTS) | (c + EIGHTS) | (d + EIGHTS);
    if (((a | b | c | d | sums) & LARGE_BITS) !== 0) break;
    if (back === 0) continue;
    view.setUint32(at - back, a);
    view.setUint32(at - back + 4, b);
    view.setUint32(at - back + 8, c);
    view.setUint32(at - back + 12, d);
  }
  return at - start;
}

/** Joins integers behind their heads, four at a time, and returns how many bytes it has read. */
function joinRun(view: DataView, start: number, to: number, end: number): number {
  const last = Math.min(view.byteLength - 8, start + 2 * (end - to) - 8);
  let at = start;
  for (; at <= last; at += 8) {
    const a = view.getUint32(at);
    const b = view.getUint32(at + 4);
    if ((a & HEADS) !== ONE_BYTE_HEADS || (b & HEADS) !== ONE_BYTE_HEADS) break;
    view.setUint32(to, (bytesBehindHeads(a) << 16) | bytesBehindHeads(b));
    to += 4;
  }
  return at - start;
}

function bytesBehindHeads(word: number): number {
  return ((word >>> 8) & 0xff00) | (word & 0xff);
}
