/** What one listener has heard of one speaker, whose messages are the numbers from 1. */
export class Hearing {
  heard = 0;
  doubled = 0;
  reordered = 0;
  /** The longest time without a message, in milliseconds, since it was last set to 0. */
  longestGap = 0;
  #next = 1;
  #missing = new Set();
  #at = performance.now();

  /** The number of the last message, in order. */
  get last() {
    return this.#next - 1;
  }

  /** @param {number} sent how many messages the speaker has sent */
  lost(sent) {
    return this.#missing.size + Math.max(0, sent - this.last);
  }

  take(number) {
    const now = performance.now();
    this.longestGap = Math.max(this.longestGap, now - this.#at);
    this.#at = now;
    this.heard++;
    if (number >= this.#next) {
      for (let i = this.#next; i < number; i++) this.#missing.add(i);
      this.#next = number + 1;
    } else if (this.#missing.delete(number)) {
      this.reordered++;
    } else {
      this.doubled++;
    }
  }
}
