import { toByteCount } from '../byte-count.js';
import { ENVELOPE_BYTES } from '../session/envelope.js';
import type { UncheckedEvent } from './relay-event.js';

/** The values of a room that the relay decides. */
export class RoomValues {
  code = '';
  name: string;
  maxPlayers = 0;
  acceptsPlayers = false;
  isListed = false;
  /** The largest messages, in bytes; 0 if the relay has not announced them. */
  limits = { own: 0, players: 0 };
  /** Whether the relay stores values. */
  keeps = false;
  /** Whether the room can have viewers. */
  hasAudience = false;

  constructor(name: string) {
    this.name = name;
  }

  /** @param event the answer to `prepare` */
  setReply(event: UncheckedEvent): void {
    const { max_message, max_player_message } = event;
    const features: readonly unknown[] = Array.isArray(event.with) ? event.with : [];
    this.keeps = features.includes('keep');
    this.hasAudience = features.includes('audience');
    this.isListed = features.includes('list');
    this.limits = {
      own: toByteCount(max_message),
      players: Math.max(0, toByteCount(max_player_message) - ENVELOPE_BYTES),
    };
  }

  setState({ name, max_players, accept_conns }: UncheckedEvent): void {
    this.name = String(name);
    this.maxPlayers = Number(max_players);
    this.acceptsPlayers = accept_conns === true;
  }
}
