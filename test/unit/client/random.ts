/** A seeded random generator (mulberry32), so that runs can be repeated. */
export class Random {
  #state: number;

  constructor(seed: number) {
    this.#state = Math.imul(seed, 0x9e3779b1);
  }

  /** A number from 0 to below 1. */
  float(): number {
    this.#state = (this.#state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(this.#state ^ (this.#state >>> 15), 1 | this.#state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  }

  /** An integer from `min` to below `end`. */
  int(min: number, end: number): number {
    return min + Math.floor(this.float() * (end - min));
  }

  chance(probability: number): boolean {
    return this.float() < probability;
  }
}
