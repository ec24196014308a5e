import { Region } from './region.js';

const MIN_REGION = 4096;

/**
 * Parses the frames of a server. It copies only frames that arrive in several chunks, and reads only
 * what a relay may send: whole, unmasked frames without extensions.
 */
export class FrameReader {
  #sink;
  #carry;
  #carried = 0;

  /** @param {{ frame(opcode: number, region: Region, at: number, length: number): void }} sink */
  constructor(sink) {
    this.#sink = sink;
  }

  /** Reads a chunk. The region may be overwritten when this returns. */
  read(region, start, end) {
    let at = this.#carried === 0 ? start : this.#complete(region, start, end);
    const { bytes, view } = region;
    while (end - at >= 2) {
      const second = bytes[at + 1];
      let length = second;
      let header = 2;
      if (second >= 126) {
        header = headerLength(second);
        if (end - at < header) break;
        length = longLength(view, at, second);
      }
      if (end - at < header + length) break;
      this.#deliver(region, at, header, length);
      at += header + length;
    }
    if (at < end) this.#carryOver(region, at, end);
  }

  /** Continues a frame of an earlier chunk; returns the offset of the next frame. */
  #complete(region, start, end) {
    let at = start;
    for (;;) {
      const wanted = this.#wanted();
      const added = Math.min(wanted - this.#carried, end - at);
      this.#carryOver(region, at, at + added, wanted);
      at += added;
      if (this.#carried < wanted) return at;
      if (this.#wanted() > wanted) continue;
      const second = this.#carry.bytes[1];
      const header = headerLength(second);
      this.#carried = 0;
      this.#deliver(this.#carry, 0, header, wanted - header);
      return at;
    }
  }

  /** The length of the incomplete frame, as far as it is known. */
  #wanted() {
    if (this.#carried < 2) return 2;
    const { bytes, view } = this.#carry;
    const header = headerLength(bytes[1]);
    if (this.#carried < header) return header;
    return header + (header === 2 ? bytes[1] : longLength(view, 0, bytes[1]));
  }

  #carryOver(region, start, end, wanted = end - start) {
    if (this.#carry === undefined || this.#carry.bytes.length < wanted) {
      const larger = new Region(Math.max(MIN_REGION, wanted));
      this.#carry?.bytes.copy(larger.bytes, 0, 0, this.#carried);
      this.#carry = larger;
    }
    region.bytes.copy(this.#carry.bytes, this.#carried, start, end);
    this.#carried += end - start;
  }

  #deliver(region, at, header, length) {
    const first = region.bytes[at];
    if ((first & 0xf0) !== 0x80)
      throw new Error(`a frame that starts with 0x${first.toString(16)}`);
    this.#sink.frame(first & 15, region, at + header, length);
  }
}

function headerLength(second) {
  if (second >= 128) throw new Error('a masked frame from the server');
  if (second < 126) return 2;
  return second === 126 ? 4 : 10;
}

function longLength(view, at, second) {
  return second === 126 ? view.getUint16(at + 2) : Number(view.getBigUint64(at + 2));
}
