/** The most candidates of one channel, from both peers together. A peer usually has ten to twenty. */
const MAX_CANDIDATES = 256;

/** The largest size of one channel, in bytes. */
const MAX_BYTES = 256 * 1024;

/** Heap memory of a channel, and of each of its strings without the characters, in bytes. */
export const CHANNEL_BYTES = 1024;
const STRING_BYTES = 64;

/** Limits the memory of channels, by the address that created them. */
export interface ByteBudget {
  /** Takes so many bytes; false if the limit would be exceeded. */
  take(address: string, bytes: number): boolean;
  free(address: string, bytes: number): void;
}

/** What two peers store for each other until they are connected. */
export class Channel {
  readonly id: string;
  /** Identifies the channel in the log, where its id would let readers use the channel. */
  readonly number: number;
  /** The address that created it. */
  readonly address: string;
  /** When it was created, in milliseconds. */
  readonly createdAt: number;
  offer: string | undefined;
  answer: string | undefined;
  readonly #budget: ByteBudget;
  readonly #candidates = new Set<string>();
  #bytes = CHANNEL_BYTES;

  /** The caller has taken `CHANNEL_BYTES` from the budget. */
  constructor(
    identity: Pick<Channel, 'id' | 'number' | 'address' | 'createdAt'>,
    budget: ByteBudget,
  ) {
    this.id = identity.id;
    this.number = identity.number;
    this.address = identity.address;
    this.createdAt = identity.createdAt;
    this.#budget = budget;
  }

  /** The candidates of both peers as JSON, in the order in which they were added. */
  get candidates(): ReadonlySet<string> {
    return this.#candidates;
  }

  /** The memory that is counted for this channel, in bytes. */
  get bytes(): number {
    return this.#bytes;
  }

  /** Stores an offer, which replaces an earlier one; false if a limit would be exceeded. */
  putOffer(offer: string): boolean {
    const isStored = this.#replace(this.offer, offer);
    if (isStored) this.offer = offer;
    return isStored;
  }

  /** Stores the answer, once per channel; false if a limit would be exceeded. */
  putAnswer(answer: string): boolean {
    const isStored = this.#replace(undefined, answer);
    if (isStored) this.answer = answer;
    return isStored;
  }

  /** Adds a candidate unless the channel has it; false if a limit would be exceeded. */
  addCandidate(json: string): boolean {
    if (this.#candidates.has(json)) return true;
    if (this.#candidates.size >= MAX_CANDIDATES) return false;
    const isStored = this.#replace(undefined, json);
    if (isStored) this.#candidates.add(json);
    return isStored;
  }

  /** Returns its memory to the budget. */
  end(): void {
    this.#budget.free(this.address, this.#bytes);
  }

  #replace(before: string | undefined, text: string): boolean {
    const change = sizeOf(text) - (before === undefined ? 0 : sizeOf(before));
    if (this.#bytes + change > MAX_BYTES) return false;
    if (change > 0 && !this.#budget.take(this.address, change)) return false;
    if (change < 0) this.#budget.free(this.address, -change);
    this.#bytes += change;
    return true;
  }
}

/** V8 stores a string in one byte per character, or in two if any character needs two. */
function sizeOf(text: string): number {
  return STRING_BYTES + 2 * text.length;
}
