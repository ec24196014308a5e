import type { FlushCycle } from './flush-cycle.js';
import { LONG_MESSAGE } from './long-messages.js';
import { PauseReason } from './pause-reason.js';
import { CHECK_EVERY, type Share } from './turn-budget.js';

/** A connection, as its turns use it. */
export interface TurnOwner {
  /** The address under which it is counted. */
  readonly address: string;
  pauseReading(reason: PauseReason): void;
  resumeReading(reason: PauseReason): void;
  /** Bytes received that are unread, or part of an incomplete message. */
  readonly unreadBytes: number;
}

/**
 * A chunk counts one unit of work per this many bytes, as a power of two. With 64 KiB, what Node reads
 * at most, it is so much work that it waits if the time of the turn is used up.
 */
const WORK_BITS = 11;

/** Pauses reading from one connection while others have their turn. */
export class ReadTurns implements Share {
  turn = 0;
  work = 0;
  #isWaiting = false;
  readonly #owner: TurnOwner;
  readonly #cycle: FlushCycle;

  constructor(owner: TurnOwner, cycle: FlushCycle) {
    this.#owner = owner;
    this.#cycle = cycle;
  }

  /** A chunk of so many bytes is about to be read. */
  chunk(bytes: number): void {
    if (this.#waitOfLongMessage(bytes) > 0) this.waitForTurn();
    this.use(1 + (bytes >>> WORK_BITS));
  }

  /**
   * Counts work for this connection, in units of about a microsecond: see `TurnBudget`. When its
   * share is used, the other connections go first.
   */
  use(work: number): void {
    this.work += work;
    if (this.work >= CHECK_EVERY && this.#cycle.budget.isSpentBy(this)) this.waitForTurn();
  }

  /** Pauses reading until the other connections had their turn. */
  waitForTurn(): void {
    if (this.#isWaiting) return;
    this.#isWaiting = true;
    this.#owner.pauseReading(PauseReason.turn);
    this.#queue();
  }

  #queue(): void {
    this.#cycle.read(() => {
      const wait = this.#waitOfLongMessage(0);
      if (wait > 0) return void setTimeout(() => this.#queue(), wait);
      this.#isWaiting = false;
      this.#owner.resumeReading(PauseReason.turn);
    });
  }

  /** How long reading has to wait, in milliseconds, because these bytes may complete a long message. */
  #waitOfLongMessage(bytes: number): number {
    const wait = this.#cycle.longMessages.waitOf(this.#owner.address);
    return wait > 0 && bytes + this.#owner.unreadBytes >= LONG_MESSAGE ? wait : 0;
  }
}
