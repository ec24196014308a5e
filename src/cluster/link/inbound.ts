import { WireError } from '../wire/frames.js';
import { distance, FIRST_BYTE, FIRST_NUMBER, plus } from '../wire/wire.js';
import type { ReceiveWindow } from './receive-windows.js';

/**
 * The longest delay of an acknowledgement, in milliseconds. Until then it is sent with the next batch of
 * frames. Much less than the sender's timeout.
 */
const ACK_DELAY = 25;

/** When a quarter of the window has arrived, it is acknowledged at once, so that the sender is not blocked. */
const PROMPT_PART = 4;

/** The time between requests for missing batches, in milliseconds. */
const ASK_INTERVAL = 200;

/** The receiving half: accepts only the next batch, acknowledges it, and grants credit. Times are in milliseconds. */
export class Inbound {
  readonly #window: ReceiveWindow;
  #next = FIRST_NUMBER;
  #received = FIRST_BYTE;
  /** Bytes received since the last acknowledgement. */
  #sinceAck = 0;
  #ackAt = Number.POSITIVE_INFINITY;
  #isMissing = false;
  #asksAgainAt = 0;

  constructor(window: ReceiveWindow) {
    this.#window = window;
  }

  /** When an acknowledgement is due; infinite if none is. */
  get ackAt(): number {
    return this.#ackAt;
  }

  /**
   * Decides on a numbered batch.
   *
   * @returns whether it is the next one, so that its frames are to be read
   * @throws {WireError} if the sender has no credit for it
   */
  accept(number: number, bytes: number, now: number): boolean {
    const ahead = distance(number, this.#next);
    if (ahead > 0) this.#askFor(now);
    // It was received before, so the acknowledgement may be lost.
    if (ahead < 0) this.#ackAt = now;
    if (ahead !== 0) return false;
    if (bytes > this.#window.granted) throw new WireError('a batch without credit');
    this.#window.consume(bytes);
    this.#next = plus(number, 1);
    this.#received = plus(this.#received, bytes);
    this.#asksAgainAt = 0;
    this.#sinceAck += bytes;
    const isPrompt = this.#sinceAck * PROMPT_PART >= this.#window.granted;
    this.#ackAt = isPrompt ? now : Math.min(this.#ackAt, now + ACK_DELAY);
    return true;
  }

  /** Requests an acknowledgement, because the last one may be lost. */
  acknowledgeAgain(now: number): void {
    this.#ackAt = now;
  }

  /** The acknowledgement, credit and request for missing batches in the head of the next batch. */
  acknowledge(): {
    readonly acknowledged: number;
    readonly credit: number;
    readonly isMissing: boolean;
  } {
    this.#window.refill();
    const isMissing = this.#isMissing;
    this.#isMissing = false;
    this.#sinceAck = 0;
    this.#ackAt = Number.POSITIVE_INFINITY;
    return {
      acknowledged: plus(this.#next, -1),
      credit: plus(this.#received, this.#window.granted),
      isMissing,
    };
  }

  close(): void {
    this.#window.close();
    this.#ackAt = Number.POSITIVE_INFINITY;
  }

  #askFor(now: number): void {
    if (now < this.#asksAgainAt) return;
    this.#asksAgainAt = now + ASK_INTERVAL;
    this.#isMissing = true;
    this.#ackAt = now;
  }
}
