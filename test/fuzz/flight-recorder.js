// Stores the last inputs of a thread in shared memory, where they can be read after it has
// crashed, run out of memory, or entered an endless loop.

const NUMBER = 4;

export class FlightRecorder {
  #numbers;
  #bytes;
  #slots;
  #longest;
  #next = 0;

  /**
   * @param {number} slots how many inputs are stored
   * @param {number} longest how many bytes of each
   */
  static memory(slots, longest) {
    const padded = Math.ceil(longest / NUMBER) * NUMBER;
    const memory = new SharedArrayBuffer(slots * (2 * NUMBER + padded));
    return { memory, slots, longest: padded };
  }

  /** @param {ReturnType<typeof FlightRecorder.memory>} memory */
  constructor({ memory, slots, longest }) {
    this.#slots = slots;
    this.#longest = longest;
    // First each slot's kind, counted from 1, and length, then the inputs.
    this.#numbers = new Int32Array(memory, 0, slots * 2);
    this.#bytes = new Uint8Array(memory, slots * 2 * NUMBER);
  }

  /**
   * @param {number} kind
   * @param {Uint8Array} input
   */
  record(kind, input) {
    const slot = this.#next;
    this.#next = (slot + 1) % this.#slots;
    const length = Math.min(input.length, this.#longest);
    this.#bytes.set(input.subarray(0, length), slot * this.#longest);
    this.#numbers[slot * 2] = kind + 1;
    this.#numbers[slot * 2 + 1] = length;
  }

  /** The stored inputs. */
  get inputs() {
    return Array.from({ length: this.#slots }, (_, slot) => {
      const [kind = 0, length = 0] = this.#numbers.subarray(slot * 2, slot * 2 + 2);
      const start = slot * this.#longest;
      return { kind: kind - 1, input: this.#bytes.slice(start, start + length) };
    }).filter(({ kind }) => kind >= 0);
  }
}
