// The inputs from which new ones are created: the corpus, and inputs with a new outcome.

import { readCorpus } from './corpus.js';
import { Mutator } from './mutator.js';

/** @typedef {import('../soak/random.js').Random} Random */

const MAX_FOUND = 1000;
/** An outcome is stored once for each range of lengths. Each range is this factor above the last. */
const LENGTHS = 8;

export class Pool {
  #random;
  #mutator;
  #corpus;
  /** @type {Buffer[]} */
  #found = [];
  /** @type {Set<string>} */
  #outcomes = new Set();
  #replayed = 0;

  /**
   * @param {string} kind
   * @param {readonly (string | Uint8Array)[]} tokens
   * @param {{ random: Random; longest: number }} options
   */
  constructor(kind, tokens, { random, longest }) {
    this.#random = random;
    this.#mutator = new Mutator({ random, tokens, longest });
    this.#corpus = readCorpus(kind);
  }

  /** First the corpus itself, then mutations of known inputs. */
  next() {
    const known = this.#corpus[this.#replayed];
    if (known === undefined) return this.#mutator.mutate(this.#any(), this.#any());
    this.#replayed++;
    return known;
  }

  /**
   * @param {Buffer} input
   * @param {string} outcome
   */
  learn(input, outcome) {
    const kind = `${outcome} ${Math.floor(Math.log(input.length + 1) / Math.log(LENGTHS))}`;
    if (this.#outcomes.has(kind) || this.#found.length === MAX_FOUND) return;
    this.#outcomes.add(kind);
    this.#found.push(input);
  }

  get outcomes() {
    return this.#outcomes.size;
  }

  #any() {
    const random = this.#random;
    const useFound = this.#found.length > 0 && random.chance(0.5);
    const from = useFound ? this.#found : this.#corpus;
    // Mostly the shorter of two: mutations of long inputs rarely change something relevant.
    const [one, other] = [random.pick(from), random.pick(from)];
    return one.length < other.length || random.chance(0.1) ? one : other;
  }
}
