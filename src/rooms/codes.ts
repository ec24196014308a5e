import type { RoomCode } from './ids.js';
import { CODE_SPACE, drawRoomCode } from './room-code.js';

/** With this limit, and at most half of all codes in use, a quarter of them stays free. */
const MAX_RESERVED = CODE_SPACE / 4;

/**
 * Draws the codes of rooms. When a room has ended, its code stays reserved for some time before it can be
 * drawn again. Times are in milliseconds.
 */
export class Codes {
  readonly #reserveTime: number;
  /** When the room of each reserved code ended, the earliest first. */
  readonly #endedAt = new Map<RoomCode, number>();

  /** @param reserveTime how long a code stays reserved */
  constructor(reserveTime: number) {
    this.#reserveTime = reserveTime;
  }

  /**
   * A code that is neither taken nor reserved.
   *
   * @returns `undefined` if more than half of all codes are taken
   */
  draw(
    taken: { readonly size: number; has(code: RoomCode): boolean },
    now: number,
  ): RoomCode | undefined {
    const has = (code: RoomCode): boolean => taken.has(code) || this.isReserved(code, now);
    return drawRoomCode({ size: taken.size, has });
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

  isReserved(code: RoomCode, now: number): boolean {
    const endedAt = this.#endedAt.get(code);
    return endedAt !== undefined && now - endedAt < this.#reserveTime;
  }
}
