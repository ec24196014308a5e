import type { BatchMemory } from '../wire/batch-memory.js';
import { WireError } from '../wire/frames.js';
import { distance, FIRST_BYTE, MAX_BATCH, plus } from '../wire/wire.js';
import { FrameQueue } from './frame-queue.js';
import { MAX_WINDOW, MIN_WINDOW } from './receive-windows.js';
import { type Batch, SentBatches } from './sent-batches.js';

/** The limits of the timeout after which a batch is sent again, in milliseconds. */
const MIN_TIMEOUT = 200;
const MAX_TIMEOUT = 2000;

/** The shortest time between two resends on request, in milliseconds: requests may arrive twice. */
const MIN_RESEND_INTERVAL = 10;

/** The weight of the latest round trip in the average. */
const SMOOTHING = 1 / 8;

/** The sending half: numbered batches, which are kept until they are acknowledged. Times are in milliseconds. */
export class Outbound {
  readonly queue: FrameQueue;
  readonly #sent = new SentBatches();
  readonly #transmit: (batch: Batch) => void;
  #sentBytes = FIRST_BYTE;
  /** The credit: `#sentBytes` must not exceed it. */
  #limit = plus(FIRST_BYTE, MIN_WINDOW);
  #roundTrip = 0;
  /** The number of timeouts since the last acknowledgement. */
  #timeouts = 0;
  /**
   * How many batches may be sent before the next acknowledgement. It restarts from 1 after a timeout, so
   * that a receiver that is stopped does not get its whole window repeatedly.
   */
  #allowance = Number.POSITIVE_INFINITY;
  #burst = 1;
  #resentAt = Number.NEGATIVE_INFINITY;

  constructor(memory: BatchMemory, transmit: (batch: Batch) => void) {
    this.queue = new FrameQueue(memory);
    this.#transmit = transmit;
  }

  /** Whether there are frames that are not sent or not acknowledged. */
  get isBusy(): boolean {
    return this.#sent.length > 0 || !this.queue.isEmpty;
  }

  /** Bytes sent and not acknowledged. */
  get unacknowledged(): number {
    return this.#sent.bytes;
  }

  /** The number of the last batch. */
  get last(): number {
    return this.#sent.last;
  }

  /** Sends as much as possible. */
  pump(now: number): void {
    while (this.#allowance > 0) {
      const batch = this.#sent.next() ?? this.#build();
      if (batch === undefined) break;
      batch.sentAt = now;
      batch.times++;
      this.#allowance--;
      this.#transmit(batch);
    }
    if (!this.#sent.hasNext) this.#allowance = Number.POSITIVE_INFINITY;
  }

  /**
   * Handles an acknowledgement of all batches up to `number`, and a grant of credit.
   *
   * @returns whether anything has changed
   * @throws {WireError} if `number` was not sent
   */
  acknowledged(number: number, credit: number, now: number): boolean {
    const newest = this.#sent.acknowledge(number);
    if (newest === false) throw new WireError('an acknowledgement of what was not sent');
    const hasCredit = this.#grant(credit);
    if (newest === undefined) return hasCredit;
    // For a batch that was sent twice, it is not known which one was acknowledged.
    if (newest.times === 1) this.#measured(now - newest.sentAt);
    this.#timeouts = 0;
    if (this.#allowance !== Number.POSITIVE_INFINITY) {
      this.#burst *= 2;
      this.#allowance = this.#burst;
    }
    return true;
  }

  /** Handles a request for missing batches. */
  resend(now: number): void {
    if (now - this.#resentAt < Math.max(MIN_RESEND_INTERVAL, this.#roundTrip)) return;
    this.#resendAll(now, Number.POSITIVE_INFINITY);
  }

  /** Sends all batches again, which may have been lost before a reconnect. */
  reconnected(now: number): void {
    this.#timeouts = 0;
    this.#resendAll(now, Number.POSITIVE_INFINITY);
  }

  /** Sends the oldest batch again if it is not acknowledged in time. */
  tick(now: number): void {
    const { oldest } = this.#sent;
    if (oldest === undefined || oldest.times === 0 || now < oldest.sentAt + this.#timeout) return;
    this.#timeouts++;
    this.#burst = 1;
    this.#resendAll(now, 1);
  }

  clear(): void {
    this.queue.clear();
    this.#sent.clear();
  }

  get #timeout(): number {
    const timeout = Math.max(MIN_TIMEOUT, 2 * this.#roundTrip);
    return Math.min(timeout * 2 ** this.#timeouts, Math.max(timeout, MAX_TIMEOUT));
  }

  #resendAll(now: number, allowance: number): void {
    this.#resentAt = now;
    this.#allowance = allowance;
    this.#sent.rewind();
    this.pump(now);
  }

  #measured(time: number): void {
    this.#roundTrip += (time - this.#roundTrip) * (this.#roundTrip === 0 ? 1 : SMOOTHING);
  }

  /** How many bytes may be sent now. Unacknowledged bytes are limited even if the other end grants more. */
  get #credit(): number {
    const granted = distance(this.#limit, this.#sentBytes);
    return Math.min(granted, MAX_WINDOW - this.#sent.bytes);
  }

  #grant(credit: number): boolean {
    // Not the latest grant.
    if (distance(credit, this.#limit) <= 0) return false;
    const most = plus(this.#sentBytes, MAX_WINDOW);
    this.#limit = distance(credit, most) > 0 ? most : credit;
    return true;
  }

  /** A new batch; `undefined` without frames or credit. */
  #build(): Batch | undefined {
    const bytes = this.#sent.isFull
      ? undefined
      : this.queue.take(Math.min(MAX_BATCH, this.#credit));
    if (bytes === undefined) return undefined;
    this.#sentBytes = plus(this.#sentBytes, bytes.length);
    this.#sent.add(bytes);
    return this.#sent.next();
  }
}
