import { attempt } from '../browser.js';

/** What a player says about itself. */
export class About {
  #text: unknown;
  #value: unknown;

  /** `undefined` if the player says nothing, or something other than JSON. */
  get value(): unknown {
    return this.#value;
  }

  /** Returns whether it has changed. An event of the relay without a text changes nothing. */
  set(text: unknown): boolean {
    if (typeof text !== 'string' || text === this.#text) return false;
    this.#text = text;
    this.#value = attempt(() => JSON.parse(text));
    return true;
  }
}
