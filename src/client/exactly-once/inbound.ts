/** So many messages, or bytes, are acknowledged at once; fewer after a while. */
const MOST_UNACKED = 64;
const MOST_UNACKED_BYTES = 65_536;

/** What has come from the other end, as numbers. */
export class Inbound {
  #had = 0;
  /** So many of the next ones were had before. */
  #duplicates = 0;
  #unacked = 0;
  #unackedBytes = 0;

  /** How many messages have come, or will never come. */
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
   * The next message is number `next`. Returns how many of those before it will never come, not
   * counting those up to `origin`, which were for an earlier page. The question has said what was
   * had, so none of it waits to be acknowledged.
   */
  goOn(origin: number, next: number): number {
    this.acknowledged();
    this.#had = Math.max(this.#had, origin);
    const lost = Math.max(0, next - 1 - this.#had);
    this.#duplicates = Math.max(0, this.#had - (next - 1));
    this.#had += lost;
    return lost;
  }

  take(bytes: number): 'duplicate' | 'acknowledge now' | 'acknowledge later' | 'taken' {
    if (this.#duplicates > 0) {
      this.#duplicates--;
      return 'duplicate';
    }
    this.#had++;
    this.#unacked++;
    this.#unackedBytes += bytes;
    if (this.#unacked >= MOST_UNACKED || this.#unackedBytes >= MOST_UNACKED_BYTES) {
      return 'acknowledge now';
    }
    return this.#unacked === 1 ? 'acknowledge later' : 'taken';
  }

  /** What there is to acknowledge, as done with this; `undefined` if nothing. */
  takeDue(): number | undefined {
    return this.#unacked > 0 ? this.acknowledged() : undefined;
  }

  /** How many have come: the other end is being told. */
  acknowledged(): number {
    this.#unacked = 0;
    this.#unackedBytes = 0;
    return this.#had;
  }
}
