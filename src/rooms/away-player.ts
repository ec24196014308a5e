import type { Payload } from '../protocol/payload.js';
import type { PlayerPeer } from './peer.js';

/**
 * What a kept message takes besides its bytes, which is more than a small one itself: three objects,
 * measured with 270 bytes. One that others keep as well takes less, but nobody knows for how long.
 */
export const KEPT_OVERHEAD = 256;

/**
 * A player who is away for a moment: what is sent is kept, in order. Past the bound the oldest goes.
 */
export class AwayPlayer implements PlayerPeer {
  /** How much is kept, in bytes; what others keep as well counts here, too. */
  bytes = 0;
  /** How many messages went because there was no room for them. */
  missed = 0;
  readonly #bound: number;
  #kept: Payload[] = [];
  /** Where the oldest is: taking one from the front of a long list moves all others. */
  #first = 0;

  /** @param bound the most to keep, in bytes */
  constructor(bound: number) {
    this.#bound = bound;
  }

  send(payload: Payload): void {
    this.#kept.push(payload.kept);
    this.bytes += cost(payload);
    while (this.bytes > this.#bound) this.#forgetOldest();
  }

  setReading(): void {}

  close(): void {
    this.#kept = [];
    this.#first = 0;
    this.bytes = 0;
  }

  /** Keeps nothing of all that came so far. */
  empty(): void {
    this.missed += this.#kept.length - this.#first;
    this.close();
  }

  /** Sends all that was kept to whoever sits here now. */
  handOver(to: PlayerPeer): void {
    for (let i = this.#first; i < this.#kept.length; i++) to.send(this.#kept[i] as Payload);
    this.close();
  }

  #forgetOldest(): void {
    this.bytes -= cost(this.#kept[this.#first++] as Payload);
    this.missed++;
    if (this.#first * 2 < this.#kept.length) return;
    this.#kept = this.#kept.slice(this.#first);
    this.#first = 0;
  }
}

function cost({ bytes }: Payload): number {
  return bytes.length + KEPT_OVERHEAD;
}
