import type { Payload } from '../protocol/payload.js';
import { noTotals, type RoomTotals } from './totals.js';

/**
 * The memory that a buffered message takes besides its bytes: three objects, measured as 270 bytes.
 * A message that several buffers share takes less, but they may stop sharing it at any time.
 */
export const MESSAGE_OVERHEAD = 256;

/** Buffers messages for a disconnected player, in order. When it is full, the oldest are dropped. */
export class OfflineBuffer {
  /** How many messages have been dropped, because there was no space for them. */
  missed = 0;
  readonly #capacity: number;
  readonly #totals: RoomTotals;
  readonly #onClose: () => void;
  #bytes = 0;
  #closed = false;
  #messages: Payload[] = [];
  /** Index of the oldest message: removing the first element of a long list moves all others. */
  #first = 0;

  /**
   * @param capacity the most to buffer, in bytes
   * @param totals counts this player as disconnected until the buffer is closed
   */
  constructor(capacity: number, totals: RoomTotals = noTotals(), onClose = (): void => {}) {
    this.#capacity = capacity;
    this.#totals = totals;
    this.#onClose = onClose;
    totals.disconnectedPlayers++;
  }

  /** How much is buffered, in bytes; a message that other buffers share counts in each. */
  get bytes(): number {
    return this.#bytes;
  }

  /** The messages that are buffered now. */
  get messages(): readonly Payload[] {
    return this.#messages.slice(this.#first);
  }

  send(payload: Payload): void {
    if (this.#closed) return;
    this.#messages.push(payload.retained);
    this.#grow(cost(payload));
    while (this.#bytes > this.#capacity) this.#dropOldest();
  }

  /** Drops everything that is buffered now, to free memory. */
  evict(): void {
    this.missed += this.#messages.length - this.#first;
    this.#clear();
  }

  /** Sends everything to the player, who is connected again, and closes the buffer. */
  drainTo(player: { send(payload: Payload): void }): void {
    for (let i = this.#first; i < this.#messages.length; i++) {
      player.send(this.#messages[i] as Payload);
    }
    this.close();
  }

  /** Drops everything: the player is connected again, or has left. Closing twice is harmless. */
  close(): void {
    this.#clear();
    if (this.#closed) return;
    this.#closed = true;
    this.#totals.disconnectedPlayers--;
    this.#onClose();
  }

  #clear(): void {
    this.#messages = [];
    this.#first = 0;
    this.#grow(-this.#bytes);
  }

  #grow(bytes: number): void {
    this.#bytes += bytes;
    this.#totals.bufferedBytes += bytes;
  }

  #dropOldest(): void {
    this.#grow(-cost(this.#messages[this.#first++] as Payload));
    this.missed++;
    if (this.#first * 2 < this.#messages.length) return;
    this.#messages = this.#messages.slice(this.#first);
    this.#first = 0;
  }
}

/** The memory that a buffered message takes, in bytes. */
export function cost({ bytes }: Payload): number {
  return bytes.length + MESSAGE_OVERHEAD;
}
