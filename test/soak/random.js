// A seeded random generator (sfc32): runs can be repeated, unlike with Math.random.

export class Random {
  /** @type {number} */
  #a;
  /** @type {number} */
  #b;
  /** @type {number} */
  #c;
  #counter = 1;

  /** @param {...number} seeds integers; other ones give another sequence */
  constructor(...seeds) {
    [this.#a, this.#b, this.#c] = [seeds[0] ?? 0, seeds[1] ?? 0, seeds[2] ?? 0];
    // The first outputs still depend visibly on the seed.
    for (let i = 0; i < 15; i++) this.uint32();
  }

  uint32() {
    const sum = (this.#a + this.#b + this.#counter) | 0;
    this.#counter = (this.#counter + 1) | 0;
    this.#a = this.#b ^ (this.#b >>> 9);
    this.#b = (this.#c + (this.#c << 3)) | 0;
    this.#c = (((this.#c << 21) | (this.#c >>> 11)) + sum) | 0;
    return sum >>> 0;
  }

  /** A number from 0 to below 1. */
  float() {
    return this.uint32() / 2 ** 32;
  }

  /**
   * An integer from `min` to below `end`.
   *
   * @param {number} min
   * @param {number} end
   */
  int(min, end) {
    return min + Math.floor(this.float() * (end - min));
  }

  /**
   * A number from `min` to below `end`, each order of magnitude as likely as the next.
   *
   * @param {number} min
   * @param {number} end
   */
  magnitude(min, end) {
    return min * (end / min) ** this.float();
  }

  /**
   * The time until the next event, for events that occur once per `mean` on average.
   *
   * @param {number} mean
   */
  interval(mean) {
    return -mean * Math.log(1 - this.float());
  }

  /** @param {number} probability */
  chance(probability) {
    return this.float() < probability;
  }

  /**
   * @template T
   * @param {readonly T[]} items at least one
   * @returns {T}
   */
  pick(items) {
    return /** @type {T} */ (items[this.int(0, items.length)]);
  }

  /**
   * One of the keys, as likely as its weight.
   *
   * @template {string} Key
   * @param {Readonly<Record<Key, number>>} weights
   * @returns {Key}
   */
  weighted(weights) {
    const entries = /** @type {[Key, number][]} */ (Object.entries(weights));
    let left = this.float() * entries.reduce((sum, [, weight]) => sum + weight, 0);
    for (const [key, weight] of entries) {
      left -= weight;
      if (left < 0) return key;
    }
    return /** @type {[Key, number]} */ (entries[0])[0];
  }
}

/** A seed for a run without one. */
export function anySeed() {
  return Math.floor(Math.random() * 2 ** 31);
}
