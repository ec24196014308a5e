import type { Player } from '../api.js';
import { randomMark } from '../browser.js';
import { SendError } from '../errors/send-error.js';
import type { Message } from '../session/envelope.js';
import { toData } from '../session/message.js';
import { PlainSender } from './plain-sender.js';
import { PlayerSessions } from './player-sessions.js';
import type { Command } from './room-commands.js';

/** The largest overhead of a command with a message, and of each id in it, in bytes. */
const COMMAND_BYTES = 40;
const ID_BYTES = 5;

/** A receiver, and whether it does not use this SDK. */
type Receiver = Pick<Player, 'id'> & { readonly plain: boolean };

export interface RoomSenderEffects {
  sendCommand(command: Command): void;
  /** A message to a player without this SDK was dropped. */
  lost(id: number): void;
  /** The largest command that the relay accepts, in bytes; 0 if unknown. */
  maxBytes(): number;
  /** How many bytes wait in the browser's WebSocket. */
  buffered(): number;
}

/** Sends messages to players, with and without this SDK. */
export class RoomSender {
  /** Sends to players with this SDK, and to those whose protocol is unknown. */
  readonly sessions: PlayerSessions;
  readonly plain: PlainSender;
  readonly #limit: number;
  readonly #effects: RoomSenderEffects;

  /** @param limit largest size of each send buffer, in bytes */
  constructor(limit: number, effects: RoomSenderEffects) {
    this.#limit = limit;
    this.#effects = effects;
    const { sendCommand } = effects;
    this.sessions = new PlayerSessions(limit, {
      send: (ids, frame) => sendCommand({ cmd: 'to', to: ids, data: frame }),
      mark: randomMark,
    });
    this.plain = new PlainSender(limit, sendCommand, (id) => effects.lost(id));
  }

  /** @throws SendError if a message of this size cannot be sent to this number of receivers */
  check(bytes: number, receivers: number): void {
    const own = this.#effects.maxBytes();
    const max = own - COMMAND_BYTES - ID_BYTES * receivers;
    if (own > 0 && bytes > max) throw new SendError('tooLarge', Math.max(0, max));
    if (this.#effects.buffered() >= this.#limit) throw new SendError('bufferFull', this.#limit);
  }

  /** @throws SendError if this message cannot be sent to these receivers */
  send(message: Message, receivers: readonly Receiver[]): void {
    this.check(message.body.length, receivers.length);
    this.sessions.send(idsOf(receivers.filter(({ plain }) => !plain)), message);
    this.plain.send(idsOf(receivers.filter(({ plain }) => plain)), message);
  }

  /** Sends a message to the viewers who are connected, without an envelope. */
  sendToAudience(message: Message): void {
    const data = toData(message);
    const cmd = typeof data === 'string' ? 'to_str' : 'to';
    this.#effects.sendCommand({ cmd, to: [], audience: 'only', data });
  }
}

function idsOf(players: readonly Receiver[]): number[] {
  return players.map(({ id }) => id);
}
