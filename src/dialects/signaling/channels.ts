import { randomUUID } from 'node:crypto';
import { type ByteBudget, CHANNEL_BYTES, Channel } from './channel.js';

/** The time from a channel's creation to its expiry, in milliseconds. */
export const CHANNEL_TIME = 300_000;

export interface ChannelsParts {
  /** Limits the number of channels, by the address that creates them. */
  readonly places: { take(address: string): boolean; free(address: string): void };
  readonly budget: ByteBudget;
  readonly observer: ChannelObserver;
}

/** Is notified when channels are created and expire. */
export interface ChannelObserver {
  channelOpened(channel: Pick<Channel, 'number'>): void;
  channelExpired(channel: Channel): void;
}

/**
 * All channels of this process. A channel is not a room: it has no host and no connections, and it
 * expires after a fixed time. Times are in milliseconds.
 */
export class Channels {
  readonly #parts: ChannelsParts;
  /** In the order of their creation, which is the order in which they expire. */
  readonly #byId = new Map<string, Channel>();
  #lastNumber = 0;

  constructor(parts: ChannelsParts) {
    this.#parts = parts;
  }

  /** The number of channels. */
  get size(): number {
    return this.#byId.size;
  }

  /** Creates a channel; `undefined` if a limit would be exceeded. */
  create(address: string, now: number): Channel | undefined {
    this.expire(now);
    const { places, budget, observer } = this.#parts;
    if (!places.take(address)) return undefined;
    if (!budget.take(address, CHANNEL_BYTES)) {
      places.free(address);
      return undefined;
    }
    const identity = { id: randomUUID(), number: ++this.#lastNumber, address, createdAt: now };
    const channel = new Channel(identity, budget);
    this.#byId.set(channel.id, channel);
    observer.channelOpened(channel);
    return channel;
  }

  find(id: string, now: number): Channel | undefined {
    this.expire(now);
    return this.#byId.get(id);
  }

  /** Deletes the channels that have expired. */
  expire(now: number): void {
    const { places, observer } = this.#parts;
    for (const channel of this.#byId.values()) {
      if (now - channel.createdAt < CHANNEL_TIME) return;
      this.#byId.delete(channel.id);
      channel.end();
      places.free(channel.address);
      observer.channelExpired(channel);
    }
  }
}
