/** After so many messages, or bytes, an acknowledgement is sent at once; otherwise after a delay. */
const MOST_UNACKED = 64;
const MOST_UNACKED_BYTES = 65_536;

/** Counts what was received from the other end. */
export class Inbound {
  #had = 0;
  /** So many of the next messages were received before. */
  #duplicates = 0;
  #unacked = 0;
  #unackedBytes = 0;

  /** How many messages were received, or are lost for good. */
  get had(): number {
    return this.#had;
  }

  /** The other end counts from 1 again. */
  restart(): void {
    this.#had = 0;
    this.#duplicates = 0;
    this.acknowledged();
  }

  /**
   * The next message is number `next`. Returns how many messages before it are lost, not counting
   * those up to `origin`, which were for an earlier page. The question has acknowledged everything.
   */
  resumeAt(origin: number, next: number): number {
    this.acknowledged();
    this.#had = Math.max(this.#had, origin);
    const lost = Math.max(0, next - 1 - this.#had);
    this.#duplicates = Math.max(0, this.#had - (next - 1));
    this.#had += lost;
    return lost;
  }

  /** How many messages are not acknowledged. */
  get unacked(): number {
    return this.#unacked;
  }

  /** Whether to acknowledge at once. */
  get isDue(): boolean {
    return this.#unacked >= MOST_UNACKED || this.#unackedBytes >= MOST_UNACKED_BYTES;
  }

  /** Counts a message; false if it was received before. */
  take(bytes: number): boolean {
    if (this.#duplicates > 0) {
      this.#duplicates--;
      return false;
    }
    this.#had++;
    this.#unacked++;
    this.#unackedBytes += bytes;
    return true;
  }

  /** The count to acknowledge, which then counts as acknowledged; `undefined` if there is nothing new. */
  takeDue(): number | undefined {
    return this.#unacked > 0 ? this.acknowledged() : undefined;
  }

  /** The count, which the caller sends to the other end. */
  acknowledged(): number {
    this.#unacked = 0;
    this.#unackedBytes = 0;
    return this.#had;
  }
}
