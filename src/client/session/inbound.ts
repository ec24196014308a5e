/** An acknowledgement is sent at once after this many messages, or bytes; otherwise after a delay. */
const MAX_UNACKED = 64;
const MAX_UNACKED_BYTES = 65_536;

/** Counts the messages that were received from the other end. */
export class Inbound {
  #received = 0;
  /** How many of the next messages were received before. */
  #duplicates = 0;
  #unacked = 0;
  #unackedBytes = 0;

  /** How many messages were received or are lost for good. */
  get received(): number {
    return this.#received;
  }

  /** The other end is a new page, which counts from 1. */
  restart(): void {
    this.#received = 0;
    this.#duplicates = 0;
    this.acknowledged();
  }

  /**
   * The next message has the number `next`. Returns how many messages before it are lost; those up to
   * `origin` were for an earlier page, and do not count. The question has acknowledged everything.
   */
  resumeAt(origin: number, next: number): number {
    this.acknowledged();
    this.#received = Math.max(this.#received, origin);
    const lost = Math.max(0, next - 1 - this.#received);
    this.#duplicates = Math.max(0, this.#received - (next - 1));
    this.#received += lost;
    return lost;
  }

  /** How many messages are not acknowledged. */
  get unacked(): number {
    return this.#unacked;
  }

  /** Whether to acknowledge at once. */
  get isDue(): boolean {
    return this.#unacked >= MAX_UNACKED || this.#unackedBytes >= MAX_UNACKED_BYTES;
  }

  /** Counts a message. Returns false if it is a duplicate. */
  take(bytes: number): boolean {
    if (this.#duplicates > 0) {
      this.#duplicates--;
      return false;
    }
    this.#received++;
    this.#unacked++;
    this.#unackedBytes += bytes;
    return true;
  }

  /** Returns the number to send as an acknowledgement; `undefined` if nothing new was received. */
  takeAck(): number | undefined {
    return this.#unacked > 0 ? this.acknowledged() : undefined;
  }

  /** Returns the number to send as an acknowledgement, even if nothing new was received. */
  acknowledged(): number {
    this.#unacked = 0;
    this.#unackedBytes = 0;
    return this.#received;
  }
}
