/**
 * How much waits in all connections together, in bytes: what was not written yet, a frame that
 * many share counted once, and messages that have not wholly arrived.
 */
export class BufferMeter {
  readonly #limit: number;
  readonly #exceeded: () => void;
  #total = 0;
  #telling = false;
  readonly #held = new Map<Uint8Array, number>();

  /** @param exceeded called soon after there is more than `limit`, not while something is added */
  constructor(limit: number, exceeded: () => void) {
    this.#limit = limit;
    this.#exceeded = exceeded;
  }

  get total(): number {
    return this.#total;
  }

  /** Somebody holds these bytes, perhaps not alone. */
  hold(bytes: Uint8Array): void {
    const holders = this.#held.get(bytes) ?? 0;
    if (holders === 0) this.add(bytes.length);
    this.#held.set(bytes, holders + 1);
  }

  release(bytes: Uint8Array): void {
    const holders = (this.#held.get(bytes) ?? 0) - 1;
    if (holders > 0) {
      this.#held.set(bytes, holders);
    } else if (this.#held.delete(bytes)) {
      this.#total -= bytes.length;
    }
  }

  /** Half a message has grown, or is whole or gone. */
  add(bytes: number): void {
    this.#total += bytes;
    if (this.#total <= this.#limit || this.#telling) return;
    this.#telling = true;
    setImmediate(() => {
      this.#telling = false;
      this.#exceeded();
    });
  }
}
