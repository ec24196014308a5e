import { Buffer } from 'node:buffer';

/** Memory, and the two views by which it is read and written: by bytes, and by words. */
export class Region {
  /** @param {number} size in bytes */
  constructor(size) {
    this.bytes = Buffer.allocUnsafeSlow(size);
    this.view = new DataView(this.bytes.buffer);
  }
}
