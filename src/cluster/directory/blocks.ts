import { CODE_ALPHABET } from '../../protocol/room-code.js';
import { BLOCKS, lettersOf } from '../../rooms/code-share.js';
import type { Bucket } from '../bus/bus.js';
import { BLOCK_LENGTH, type Block } from './directory.js';
import { type BlockRecord, type Place, readBlock, writeRecord } from './records.js';

/** All blocks of codes that are drawn: 400. */
export const ALL_BLOCKS: readonly Block[] = Array.from({ length: BLOCKS }, (_, i) => lettersOf(i));

/** How many codes of this length a block has: 400 of four letters. */
export function codesOfBlock(codeLength: number): number {
  return CODE_ALPHABET.length ** (codeLength - BLOCK_LENGTH);
}

/** Another block is needed when a quarter of the codes is in use, so that codes stay hard to guess. */
const FULL_PART = 4;

/** Whether a relay that draws in so many blocks needs another one for the codes in use. */
export function wantsMore(codesInUse: number, blocks: number, codeLength: number): boolean {
  return codesInUse * FULL_PART >= blocks * codesOfBlock(codeLength);
}

export interface BlocksParts {
  readonly bucket: Bucket;
  /** This relay. */
  readonly self: Place & { readonly node: string };
  /** Whether a run has ended, and the reconnect windows of its rooms are over. */
  readonly isExpired: (run: string) => boolean;
  /** Another relay has claimed the block. */
  readonly lost: (block: Block) => void;
  /** A number from 0 up to 1, such as `Math.random`. */
  readonly random: () => number;
}

/**
 * The blocks in which this relay draws codes. Blocks are claimed by compare-and-set, so that each has at
 * most one owner. All calls reject with a `BusError` if the bus does not answer.
 */
export class Blocks {
  readonly #parts: BlocksParts;
  /** The revision of each claim. */
  readonly #own = new Map<Block, number>();

  constructor(parts: BlocksParts) {
    this.#parts = parts;
  }

  get own(): Block[] {
    return [...this.#own.keys()];
  }

  has(block: Block): boolean {
    return this.#own.has(block);
  }

  /**
   * Claims a block without an owner.
   *
   * @param candidates all blocks by default
   * @returns `undefined` if there is none
   */
  async claim(candidates: readonly Block[] = ALL_BLOCKS): Promise<Block | undefined> {
    for (const block of this.#shuffled(candidates)) {
      if (!this.#own.has(block) && (await this.#claim(block, (owner) => this.#isFree(owner)))) {
        return block;
      }
    }
    return undefined;
  }

  /** Claims the blocks of earlier runs of this relay. Returns those claimed. */
  async inherit(candidates: Iterable<Block>, earlier: ReadonlySet<string>): Promise<Block[]> {
    const inherited: Block[] = [];
    for (const block of candidates) {
      if (await this.#claim(block, (owner) => owner !== undefined && earlier.has(owner.run)))
        inherited.push(block);
    }
    return inherited;
  }

  /** Claims own blocks again that the bucket has lost. */
  async confirm(): Promise<void> {
    for (const block of this.own) {
      const isOwn =
        (await this.#isStored(block)) ||
        (await this.#claim(block, (owner) => this.#isFree(owner))) ||
        // A claim that failed with a timeout may have been made meanwhile.
        (await this.#isStored(block));
      if (!isOwn) this.#lose(block);
    }
  }

  /** Whether the bucket has the claim of this relay. */
  async #isStored(block: Block): Promise<boolean> {
    const entry = await this.#parts.bucket.get(block);
    const owner = entry && readBlock(entry.value)?.owner;
    if (entry === undefined || owner?.run !== this.#parts.self.run) return false;
    this.#own.set(block, entry.revision);
    return true;
  }

  /** Releases a block of which no code is in use. */
  async giveBack(block: Block): Promise<void> {
    const revision = this.#own.get(block);
    if (revision === undefined) return;
    this.#own.delete(block);
    await this.#parts.bucket.update(block, writeRecord({ owner: undefined }), revision);
  }

  /** Is to be called for each change of a block in the directory. */
  changed(block: Block, record: BlockRecord | undefined, revision: number): void {
    const own = this.#own.get(block);
    if (own === undefined || revision <= own) return;
    if (record?.owner?.run === this.#parts.self.run) this.#own.set(block, revision);
    else this.#lose(block);
  }

  async #claim(block: Block, isOpen: (owner: BlockRecord['owner']) => boolean): Promise<boolean> {
    const { bucket, self } = this.#parts;
    const entry = await bucket.get(block);
    if (!isOpen(entry && readBlock(entry.value)?.owner)) return false;
    const value = writeRecord({ owner: self });
    const revision = await (entry === undefined
      ? bucket.create(block, value)
      : bucket.update(block, value, entry.revision));
    if (revision !== undefined) this.#own.set(block, revision);
    return revision !== undefined;
  }

  #isFree(owner: BlockRecord['owner']): boolean {
    const { isExpired, self } = this.#parts;
    return owner === undefined || owner.run === self.run || isExpired(owner.run);
  }

  #lose(block: Block): void {
    this.#own.delete(block);
    this.#parts.lost(block);
  }

  /** In random order, so that relays that start together try different blocks. */
  #shuffled(blocks: readonly Block[]): Block[] {
    return blocks
      .map((block) => ({ block, at: this.#parts.random() }))
      .toSorted((a, b) => a.at - b.at)
      .map(({ block }) => block);
  }
}
