import type { Channel, ChannelOptions, Data, Player, RoomEvents } from './api.js';
import { ChannelError } from './channel-error.js';
import { Channels } from './channels.js';
import type { Resolved } from './environment.js';
import type { End, EndEffects } from './exactly-once/end.js';
import { readGreeting } from './exactly-once/envelope.js';
import type { Hub } from './exactly-once/hub.js';
import { toData } from './message.js';
import type { PlainSender } from './plain-sender.js';
import type { RelayAddress } from './relay-address.js';
import type { RoomCommands } from './room-commands.js';
import type { RoomMemory } from './room-memory.js';
import { ACKNOWLEDGE_AFTER, REST } from './timing.js';

/** How long a player who says nothing may still greet, in milliseconds; then it is a plain one. */
const GRACE = 1_000;

/** What players need of their room. */
export interface RoomOfPlayers {
  readonly environment: Resolved;
  readonly address: RelayAddress;
  readonly memory: RoomMemory;
  /** The way to players with this SDK, and to those of whom it is not known yet. */
  readonly hub: Hub;
  /** The way to players without it. */
  readonly plain: PlainSender;
  readonly commands: RoomCommands;
  emit<Name extends keyof RoomEvents>(name: Name, ...event: RoomEvents[Name]): void;
  send(data: Data, options: { readonly to: Iterable<Player> }): void;
}

/**
 * How a player is spoken to: without envelopes, in them, or not yet, as it may greet any moment.
 * Whoever has the SDK greets before saying anything else.
 */
type Speech = 'unknown' | 'plain' | 'exact';

/** One player, as the host's end of the conversation. */
export class RoomPlayer implements Player {
  readonly id: number;
  readonly #room: RoomOfPlayers;
  readonly #channels: Channels;
  /** What waits until it is known how this player is spoken to is in its queue. */
  #end: End;
  #speech: Speech = 'unknown';
  #away = false;
  #hasLeft = false;
  /** Stops waiting for a greeting. */
  #cancelGrace = (): void => {};

  constructor(id: number, room: RoomOfPlayers) {
    this.id = id;
    this.#room = room;
    const { environment, address, hub } = room;
    this.#channels = new Channels(environment, address, {
      signal: (message) => hub.send([id], message),
      opened: (channel) => room.emit('channel', this, channel),
    });
    this.#end = this.#openEnd();
    if (this.#end.peer !== 0) this.#speech = 'exact';
    else this.#cancelGrace = environment.clock.after(GRACE, () => this.#becomePlain());
  }

  get away(): boolean {
    return this.#away;
  }

  get exact(): boolean {
    return this.#speech === 'exact';
  }

  get plain(): boolean {
    return this.#speech === 'plain';
  }

  send(data: Data): void {
    this.#room.send(data, { to: [this] });
  }

  kick(): void {
    // It would be said again on every new line: nobody leaves twice.
    if (this.#hasLeft) return;
    this.#room.commands.kick(this.id);
  }

  openChannel(options: ChannelOptions = {}): Promise<Channel> {
    if (!this.exact) return Promise.reject(new ChannelError('plain'));
    return this.#channels.open(options);
  }

  /** Takes what the relay has from this player. */
  receive(data: string | Uint8Array): void {
    const greets = typeof data !== 'string' && readGreeting(data) !== undefined;
    if (greets && !this.exact) this.#becomeExact();
    if (this.#speech === 'unknown') this.#becomePlain();
    if (this.plain) return this.#room.emit('message', this, data);
    this.#end.receive(data, this.id);
  }

  setAway(away: boolean): void {
    if (this.#away === away) return;
    this.#away = away;
    // What is sent from now on waits here for the greeting, not at the relay as well.
    if (away) this.lineLost();
    this.#room.emit(away ? 'away' : 'back', this);
  }

  /** A line between the two ends is gone. */
  lineLost(): void {
    this.#end.lineLost();
  }

  /** The host has a new line: a player who has this SDK is asked where to go on. */
  greet(): void {
    if (this.exact && !this.#away) this.#end.greet(this.id);
  }

  /** Is gone for good, and leaves nothing behind. */
  leave(): void {
    this.#hasLeft = true;
    const { hub, memory, commands } = this.#room;
    hub.close(this.id);
    memory.forget(this.id);
    commands.forget(this.id);
    this.close();
  }

  /** The room is over for this player. */
  close(): void {
    this.#cancelGrace();
    this.#channels.close();
  }

  /** It has said something else than a greeting, or nothing for long. */
  #becomePlain(): void {
    // A clock that was passed in may call though it was told not to.
    if (this.#speech !== 'unknown') return;
    this.#cancelGrace();
    this.#speech = 'plain';
    for (const message of this.#end.queue.kept()) this.#room.plain.send([this.id], message);
    this.#room.hub.close(this.id);
  }

  #becomeExact(): void {
    this.#cancelGrace();
    if (this.plain) {
      this.#end = this.#openEnd();
      const { hub, plain } = this.#room;
      // From now on, this player would take what is in no envelope for a mistake.
      for (const message of plain.take(this.id)) hub.send([this.id], message);
    }
    this.#speech = 'exact';
  }

  /** Opens a new conversation, in place of the one before. */
  #openEnd(): End {
    const { id } = this;
    const { environment, memory, hub, emit } = this.#room;
    const effects: Omit<EndEffects, 'send'> = {
      deliver: (message) => {
        if (message.kind === 'signal') this.#channels.receive(message);
        else emit('message', this, toData(message));
      },
      gap: (count) => emit('gap', this, count),
      restarted: () => {
        this.#channels.restart();
        emit('restart', this);
      },
      greeted: ({ from }) => memory.setMark(id, from),
      acknowledgeLater: () => {
        environment.clock.after(ACKNOWLEDGE_AFTER, () => this.#end.acknowledge());
      },
      rest: () => void environment.clock.after(REST, () => this.#end.rested()),
    };
    return hub.open(id, effects, memory.markOf(id));
  }
}
