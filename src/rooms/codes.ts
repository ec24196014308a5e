import { CODE_LENGTH } from '../protocol/room-code.js';
import { BLOCKS, blocksOf, type CodeShare, randomCodesIn, randomCodesOf } from './code-share.js';
import type { RoomCode } from './ids.js';
import { CODE_SPACE, codeSpace, drawRoomCode, parseRoomCode, randomCodes } from './room-code.js';

/** With this limit, and at most half of all codes in use, a quarter of them stays free. */
const MAX_RESERVED = CODE_SPACE / 4;

/** The codes of a relay. */
export interface CodeOptions {
  /** How many letters they have; 4 by default. */
  readonly codeLength?: number;
  /** Whether hosts may choose them. */
  readonly customCodes?: boolean;
  /** Names of paths, in capitals, that are no codes. */
  readonly reservedNames?: ReadonlySet<string>;
  /** Which codes this process draws, if the relay has several processes. */
  readonly share?: CodeShare | undefined;
  /** The blocks in which this process draws codes at the moment, if it is one of a cluster. */
  readonly blocks?: (() => readonly string[]) | undefined;
}

/** The codes in use. */
type Taken = { readonly size: number; has(code: RoomCode): boolean };

/**
 * Draws the codes of rooms. When a room has ended, its code stays reserved for some time before it can be
 * drawn again. Times are in milliseconds.
 */
export class Codes {
  /** How many letters codes have. */
  readonly length: number;
  readonly #reserveTime: number;
  readonly #options: CodeOptions;
  readonly #random: () => string | undefined;
  /** How many codes can be drawn. */
  readonly #space: () => number;
  /** Codes of this process that hosts of other processes have chosen. */
  readonly #elsewhere = new Set<RoomCode>();
  /** When the room of each reserved code ended, the earliest first. */
  readonly #endedAt = new Map<RoomCode, number>();

  /** @param reserveTime how long a code stays reserved */
  constructor(reserveTime: number, options: CodeOptions = {}) {
    this.#reserveTime = reserveTime;
    this.#options = options;
    this.length = options.codeLength ?? CODE_LENGTH;
    const { share, blocks } = options;
    const ofBlock = codeSpace(this.length) / BLOCKS;
    if (blocks !== undefined) {
      this.#random = randomCodesIn(blocks, this.length);
      this.#space = () => blocks().length * ofBlock;
      return;
    }
    const [first, end] = share === undefined ? [0, BLOCKS] : blocksOf(share);
    this.#random =
      share === undefined ? randomCodes(this.length) : randomCodesOf(share, this.length);
    this.#space = () => (end - first) * ofBlock;
  }

  /**
   * A code that is neither taken nor reserved.
   *
   * @returns `undefined` if more than half of all codes are taken
   */
  draw(taken: Taken, now: number): RoomCode | undefined {
    const has = (code: RoomCode): boolean => taken.has(code) || this.isReserved(code, now);
    return drawRoomCode({ size: taken.size, has }, this.#random, this.#space());
  }

  /** The code that a host has chosen, in capitals; `undefined` if it cannot have it. */
  choose(chosen: string, taken: Taken, now: number): RoomCode | undefined {
    const code = this.readChosen(chosen);
    if (code === undefined) return undefined;
    return taken.has(code) || this.isReserved(code, now) ? undefined : code;
  }

  /** A chosen code in capitals; `undefined` if no host can have it. */
  readChosen(chosen: string): RoomCode | undefined {
    const { customCodes = false, reservedNames } = this.#options;
    const code = customCodes && chosen.length === this.length ? parseRoomCode(chosen) : undefined;
    return code === undefined || reservedNames?.has(code) ? undefined : code;
  }

  /** Reserves the code of a room that has ended. */
  reserve(code: RoomCode, now: number): void {
    if (this.#reserveTime === 0) return;
    this.#endedAt.delete(code);
    this.#endedAt.set(code, now);
    for (const [oldest, endedAt] of this.#endedAt) {
      if (this.#endedAt.size <= MAX_RESERVED && now - endedAt < this.#reserveTime) return;
      this.#endedAt.delete(oldest);
    }
  }

  /**
   * Gives this code to a room of another process.
   *
   * @returns whether it was free
   */
  giveAway(code: RoomCode, taken: Taken, now: number): boolean {
    if (taken.has(code) || this.isReserved(code, now)) return false;
    this.#elsewhere.add(code);
    return true;
  }

  /** A room of another process has this code, for which nobody has asked this one. */
  takenElsewhere(code: RoomCode): void {
    this.#elsewhere.add(code);
  }

  /** The room of another process that had this code has ended. */
  takeBack(code: RoomCode, now: number): void {
    if (this.#elsewhere.delete(code)) this.reserve(code, now);
  }

  /** Whether a room had this code recently, or one of another process has it now. */
  isReserved(code: RoomCode, now: number): boolean {
    if (this.#elsewhere.has(code)) return true;
    const endedAt = this.#endedAt.get(code);
    return endedAt !== undefined && now - endedAt < this.#reserveTime;
  }
}
