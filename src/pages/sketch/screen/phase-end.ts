import type { Game } from '../game.js';

/** How long the phase lasts, in milliseconds; `null` for one without an end. */
export function timeLeft({ phase }: Game, now: number): number | null {
  return 'until' in phase ? Math.max(0, phase.until - now) : null;
}

/** When phases end, by the clock of the room, which phones can read. */
export class PhaseEnd {
  readonly #time: () => number;
  #until: number | undefined;
  #ends = 0;

  /** @param time the clock of the room */
  constructor(time: () => number) {
    this.#time = time;
  }

  /** Constant while a phase lasts, so that passing time sends nothing to the phones. */
  of(game: Game, now: number): number {
    const until = 'until' in game.phase ? game.phase.until : undefined;
    if (until === this.#until) return this.#ends;
    this.#until = until;
    this.#ends = Math.round(this.#time() + (timeLeft(game, now) ?? 0));
    return this.#ends;
  }
}
