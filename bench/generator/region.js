import { Buffer } from 'node:buffer';

/** Memory with two views: bytes and words. */
export class Region {
  /** @param {number} size in bytes */
  constructor(size) {
    this.bytes = Buffer.allocUnsafeSlow(size);
    this.view = new DataView(this.bytes.buffer);
  }

  /** Whether these bytes are at this offset. */
  has(at, expected) {
    const { bytes } = this;
    for (let i = 0; i < expected.length; i++) if (bytes[at + i] !== expected[i]) return false;
    return true;
  }
}
