import type { Bucket } from '../../cluster/bus/bus.js';
import { Blocks, codesOfBlock, wantsMore } from '../../cluster/directory/blocks.js';
import type { Directory } from '../../cluster/directory/directory.js';
import type { Place } from '../../cluster/directory/records.js';
import { BLOCKS, lettersOf } from '../../rooms/code-share.js';

/** In how many codes a relay draws from its start: eight blocks of four letters, and one of longer codes. */
const FIRST_CODES = 3200;

/** How many blocks a relay claims for codes that hosts choose. */
const MAX_CHOSEN = 64;

/** The time until a block is claimed again if there was none, in milliseconds. */
const RETRY = 5000;

export interface ClusterCodesParts {
  readonly self: Place & { readonly node: string };
  readonly codeLength: number;
  /** The first letters of all codes; empty for any. */
  readonly letters: string;
  /** A chosen code in capitals; `undefined` if no host can have it. */
  readonly readChosen: (chosen: string) => string | undefined;
  /** Whether a run has ended, and the reconnect windows of its rooms are over. */
  readonly isExpired: (run: string) => boolean;
  /** Another relay has claimed the block. */
  readonly lost: (block: string) => void;
  /** A block could not be claimed, or an exception in the relay's own code. */
  readonly failed: (error: unknown) => void;
}

/** The codes that this relay draws: blocks that it has claimed from the cluster. */
export class ClusterCodes {
  readonly #parts: ClusterCodesParts;
  #blocks: Blocks | undefined;
  /** The blocks in which codes are drawn. A chosen code may be of another one, with letters that are not drawn. */
  readonly #drawn: string[] = [];
  #isClaiming = false;
  /** Whether it has claimed the blocks that it has from its start. */
  #hasFirst = false;
  /** How many blocks were claimed for codes that hosts have chosen. */
  #chosen = 0;
  /** No block is claimed before this time: there was none. */
  #claimAfter = 0;

  constructor(parts: ClusterCodesParts) {
    this.#parts = parts;
  }

  get drawn(): readonly string[] {
    return this.#drawn;
  }

  /** The blocks of the cluster, before the directory is opened: it reports their changes. */
  open(bucket: Bucket): Blocks {
    const { self, isExpired, lost } = this.#parts;
    const blocks = new Blocks({
      bucket,
      self,
      isExpired,
      lost: (block) => {
        this.#stopDrawing(block);
        lost(block);
      },
      random: Math.random,
    });
    this.#blocks = blocks;
    return blocks;
  }

  /**
   * Claims the blocks of earlier runs, and others that are needed. Rejects with a `BusError`.
   *
   * @param earlier the runs of this relay before this one
   */
  async claim(directory: Directory, earlier: ReadonlySet<string>): Promise<void> {
    const blocks = this.#blocks as Blocks;
    const inherited = [...directory.blocks].flatMap(([block, { owner }]) =>
      owner !== undefined && earlier.has(owner.run) ? [block] : [],
    );
    for (const block of await blocks.inherit(inherited, earlier)) this.#draw(block);
    const { letters, codeLength } = this.#parts;
    const first = Math.ceil(FIRST_CODES / codesOfBlock(codeLength));
    const wanted = letters === '' ? first : this.#candidates.length;
    while (this.#drawn.length < wanted && (await this.#claimOne()));
    this.#hasFirst = true;
  }

  /** Claims another block if so many rooms need it. */
  opened(rooms: number): void {
    const blocks = this.#blocks;
    const { codeLength, failed } = this.#parts;
    // Restored rooms are in the blocks of earlier runs.
    if (blocks === undefined || !this.#hasFirst || this.#isClaiming) return;
    if (performance.now() < this.#claimAfter) return;
    // Only those that are drawn: blocks of chosen codes may have other letters.
    if (!wantsMore(rooms, this.#drawn.length, codeLength)) return;
    this.#isClaiming = true;
    this.#claimOne()
      .then((isClaimed) => {
        // Each attempt may ask for all blocks.
        if (!isClaimed) this.#claimAfter = performance.now() + RETRY;
      })
      .catch(failed)
      .finally(() => {
        this.#isClaiming = false;
      });
  }

  /** A host has chosen this code: says whether a room of this relay may have it. */
  claimChosen(chosen: string, use: (isFree: boolean) => void): void {
    const { readChosen, failed } = this.#parts;
    const code = readChosen(chosen);
    const claim = code === undefined ? Promise.resolve(false) : this.#claimBlockOf(code);
    claim
      .catch(() => false)
      .then(use)
      .catch(failed);
  }

  /** After a reconnect, claims own blocks again that were lost. */
  async confirm(): Promise<void> {
    await this.#blocks?.confirm();
  }

  get #candidates(): string[] {
    const { letters } = this.#parts;
    const all = Array.from({ length: BLOCKS }, (_, block) => lettersOf(block));
    return letters === '' ? all : all.filter((block) => letters.includes(block.slice(0, 1)));
  }

  /** Claims the block of a code that a host has chosen. Returns whether a room of this relay may have it. */
  async #claimBlockOf(code: string): Promise<boolean> {
    const block = code.slice(0, 2);
    const blocks = this.#blocks;
    if (blocks === undefined) return false;
    if (blocks.has(block)) return true;
    // Hosts could claim all blocks of the cluster otherwise: a claim is for good.
    if (this.#chosen >= MAX_CHOSEN) return false;
    this.#chosen++;
    if ((await blocks.claim([block])) === undefined) {
      this.#chosen--;
      return false;
    }
    this.#draw(block);
    return true;
  }

  async #claimOne(): Promise<boolean> {
    const block = await this.#blocks?.claim(this.#candidates);
    if (block !== undefined) this.#draw(block);
    return block !== undefined;
  }

  #draw(block: string): void {
    if (this.#candidates.includes(block) && !this.#drawn.includes(block)) this.#drawn.push(block);
  }

  #stopDrawing(block: string): void {
    const at = this.#drawn.indexOf(block);
    if (at >= 0) this.#drawn.splice(at, 1);
  }
}
