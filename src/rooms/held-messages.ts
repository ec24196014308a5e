import type { Payload } from '../protocol/payload.js';
import { cost } from './offline-buffer.js';

/** When so many bytes are held, reading from the player pauses. */
export const MAX_HELD_BYTES = 16 * 1024;

/**
 * A player's messages that cannot be passed on yet, in order: the host has not admitted the player, or the
 * room moves to another relay. Reading from the player's connection continues until this is full: otherwise
 * the relay would not notice that the player has left.
 */
export class HeldMessages {
  #payloads: Payload[] = [];
  #bytes = 0;

  /** In bytes: less than `MAX_HELD_BYTES`, and one message more. */
  get bytes(): number {
    return this.#bytes;
  }

  get isFull(): boolean {
    return this.#bytes >= MAX_HELD_BYTES;
  }

  add(payload: Payload): void {
    this.#payloads.push(payload.retained);
    this.#bytes += cost(payload);
  }

  /** Removes all messages, and returns them. */
  takeAll(): readonly Payload[] {
    const payloads = this.#payloads;
    this.#payloads = [];
    this.#bytes = 0;
    return payloads;
  }
}
