import { End, type EndEffects } from './end.js';
import { type Message, writeMessage } from './envelope.js';
import { SendLog } from './send-log.js';

export interface HubEffects {
  /** Hands one frame to the line, for these players. */
  send(ids: readonly number[], frame: Uint8Array<ArrayBuffer>): void;
  /** A new random mark, from 1 to 2^32 - 1. */
  mark(): number;
}

/** The host's side of its conversations: one end for each player, one log for them all. */
export class Hub {
  readonly #effects: HubEffects;
  readonly #log: SendLog;
  readonly #ends = new Map<number, End>();

  /** @param limit most that is kept for sending again, in bytes */
  constructor(limit: number, effects: HubEffects) {
    this.#log = new SendLog(limit);
    this.#effects = effects;
  }

  /**
   * An end for one more player.
   *
   * @param peer the player's mark, if it is known from before a reload
   */
  open(id: number, effects: Omit<EndEffects, 'send'>, peer = 0): End {
    const send = (frame: Uint8Array<ArrayBuffer>) => this.#effects.send([id], frame);
    const end = new End(this.#effects.mark(), this.#log.openQueue(), { ...effects, send }, peer);
    this.#ends.set(id, end);
    return end;
  }

  close(id: number): void {
    const end = this.#ends.get(id);
    if (end === undefined) return;
    this.#ends.delete(id);
    this.#log.closeQueue(end.queue);
  }

  /** Sends a message to those of these players who have an end here. */
  send(ids: readonly number[], message: Message): void {
    const ends = ids.flatMap((id) => this.#ends.get(id) ?? []);
    this.#log.add(
      message,
      ends.map((end) => end.queue),
    );
    const live = ids.filter((id) => this.#ends.get(id)?.live);
    const [only] = live;
    if (only === undefined) return;
    if (live.length === 1) return this.#ends.get(only)?.transmit(message);
    // One frame for all: what is acknowledged to each of them goes another way.
    this.#effects.send(live, writeMessage(message));
  }
}
