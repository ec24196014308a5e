import type { RoomCode } from './ids.js';
import { CODE_SPACE } from './room-code.js';

/** With at most half of all codes in use, a quarter stays free to be drawn. */
const MAX_RESTING = CODE_SPACE / 4;

/** Codes that were freed a moment ago, and are not given out again yet. Times in milliseconds. */
export class RestingCodes {
  readonly #time: number;
  /** When each was freed, the first of them first. */
  readonly #freedAt = new Map<RoomCode, number>();

  /** @param time how long a code rests */
  constructor(time: number) {
    this.#time = time;
  }

  add(code: RoomCode, now: number): void {
    if (this.#time === 0) return;
    this.#freedAt.delete(code);
    this.#freedAt.set(code, now);
    for (const [first, freedAt] of this.#freedAt) {
      if (this.#freedAt.size <= MAX_RESTING && now - freedAt < this.#time) return;
      this.#freedAt.delete(first);
    }
  }

  has(code: RoomCode, now: number): boolean {
    const freedAt = this.#freedAt.get(code);
    return freedAt !== undefined && now - freedAt < this.#time;
  }
}
