import type { Payload } from '../protocol/payload.js';

/** A question to the audience: its choices, and how many viewers have chosen each of them. */
export class Poll {
  readonly choices: readonly string[];
  readonly #counts: number[];
  /** The position of each choice by its bytes, as Latin-1 text: each byte is one character. */
  readonly #positions: ReadonlyMap<string, number>;
  readonly #longest: number;

  /** @param choices different from each other */
  constructor(choices: readonly string[]) {
    this.choices = choices;
    this.#counts = choices.map(() => 0);
    const bytes = choices.map((choice) => Buffer.from(choice));
    this.#positions = new Map(bytes.map((each, position) => [each.toString('latin1'), position]));
    this.#longest = Math.max(0, ...bytes.map(({ length }) => length));
  }

  /** How many viewers have chosen each choice, in the order of the choices. */
  get counts(): readonly number[] {
    return [...this.#counts];
  }

  /** The size of the choices, in bytes. */
  get bytes(): number {
    return bytesOf(this.choices);
  }

  /** The position of the choice that this message is, byte by byte; `undefined` if it is none. */
  positionOf({ bytes, text }: Payload): number | undefined {
    // Compared by its bytes: the relay does not decode messages.
    if (!text || bytes.length > this.#longest) return undefined;
    const { buffer, byteOffset, byteLength } = bytes;
    return this.#positions.get(Buffer.from(buffer, byteOffset, byteLength).toString('latin1'));
  }

  /** A viewer chooses, or takes back its choice. */
  add(position: number, votes: 1 | -1): void {
    this.#counts[position] = (this.#counts[position] ?? 0) + votes;
  }
}

function bytesOf(choices: readonly string[]): number {
  return choices.reduce((sum, choice) => sum + Buffer.byteLength(choice), 0);
}
