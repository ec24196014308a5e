import type { HostEvent } from '../../protocol/wmbp/events.js';
import type { RoomEvent } from '../../rooms/room-event.js';

/** The events that WMBP has no message for, because they are answers to a command. */
export type AnswerEvent = Extract<RoomEvent, { readonly type: 'hostResumed' }>;

/** An event of a room, as a message to its WMBP host. */
export interface EventMessage {
  readonly message: HostEvent;
  /** Whether a `state` follows. */
  readonly changesState: boolean;
  /** Whether a `state` that is due may come after it instead of before it. */
  readonly sharesState?: true;
}

/** Translates an event of a room. */
export function messageOf(event: Exclude<RoomEvent, AnswerEvent>): EventMessage {
  if (event.type === 'timesMeasured') {
    return { message: { cmd: 'times', players: event.times }, changesState: false };
  }
  const { player } = event;
  const about = 'about' in event && event.about !== undefined ? { about: event.about } : {};
  switch (event.type) {
    case 'playerJoined':
      return {
        message: { cmd: 'player_joined', player, ...about },
        changesState: true,
        sharesState: true,
      };
    case 'playerAsks':
      return {
        message: { cmd: 'player_asks', player, ...about },
        changesState: true,
        sharesState: true,
      };
    case 'playerLeft':
      return { message: { cmd: 'player_left', player }, changesState: true, sharesState: true };
    case 'playerDisconnected':
      return { message: { cmd: 'player_away', player }, changesState: true };
    case 'playerReconnected': {
      const missed = event.missed > 0 ? { missed: event.missed } : {};
      return { message: { cmd: 'player_back', player, ...missed, ...about }, changesState: true };
    }
    case 'aboutChanged':
      return { message: { cmd: 'about', player, about: event.about }, changesState: false };
    default:
      return event satisfies never;
  }
}
