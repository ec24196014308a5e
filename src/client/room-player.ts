import type { Channel, ChannelOptions, Data, Player } from './api.js';
import { ChannelError } from './channel-error.js';
import type { Channels } from './channels.js';
import type { End } from './exactly-once/end.js';
import { type Message, readGreeting } from './exactly-once/envelope.js';

/** A text frame that is in no envelope. */
const NO_ENVELOPE = new Uint8Array();

/** What a player needs of the room. */
export interface RoomOfPlayer {
  send(data: Data, options: { readonly to: Iterable<Player> }): void;
  kick(player: RoomPlayer): void;
  /** A message that came without an envelope. */
  deliver(player: RoomPlayer, data: Data): void;
  /** It is known now that this player has no SDK: sends what has waited to be put in a form. */
  flushPlain(player: RoomPlayer, waiting: Iterable<Message>): void;
  /** Opens a new conversation, in place of the one before. */
  openEnd(player: RoomPlayer): End;
  closeEnd(player: RoomPlayer): void;
}

/**
 * How a player is spoken to: without envelopes, in them, or not yet, as it may greet any moment.
 * Whoever has the SDK greets before saying anything else.
 */
export type Speech = 'unknown' | 'plain' | 'exact';

/** One player, as the host's end of the conversation. */
export class RoomPlayer implements Player {
  readonly id: number;
  readonly channels: Channels;
  away = false;
  speech: Speech = 'unknown';
  /** What waits until it is known how this player is spoken to is in its queue. */
  end: End;
  /** Stops waiting for a greeting. */
  cancelGrace = (): void => {};
  readonly #room: RoomOfPlayer;

  constructor(id: number, room: RoomOfPlayer, channels: Channels) {
    this.id = id;
    this.channels = channels;
    this.#room = room;
    this.end = room.openEnd(this);
    if (this.end.peer !== 0) this.speech = 'exact';
  }

  get exact(): boolean {
    return this.speech === 'exact';
  }

  send(data: Data): void {
    this.#room.send(data, { to: [this] });
  }

  kick(): void {
    this.#room.kick(this);
  }

  openChannel(options: ChannelOptions = {}): Promise<Channel> {
    if (!this.exact) return Promise.reject(new ChannelError('plain'));
    return this.channels.open(options);
  }

  /** Takes what the relay has from this player. */
  receive(data: string | Uint8Array): void {
    const greets = typeof data !== 'string' && readGreeting(data) !== undefined;
    if (greets && this.speech !== 'exact') this.#becomeExact();
    if (this.speech === 'unknown') this.becomePlain();
    if (this.speech === 'plain') return this.#room.deliver(this, data);
    this.end.receive(typeof data === 'string' ? NO_ENVELOPE : data, this.id);
  }

  /** It has said something else than a greeting, or nothing for long. */
  becomePlain(): void {
    if (this.speech !== 'unknown') return;
    this.cancelGrace();
    this.speech = 'plain';
    this.#room.flushPlain(this, [...this.end.queue.kept()]);
    this.#room.closeEnd(this);
  }

  #becomeExact(): void {
    this.cancelGrace();
    if (this.speech === 'plain') this.end = this.#room.openEnd(this);
    this.speech = 'exact';
  }
}
