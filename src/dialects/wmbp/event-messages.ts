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
  const about = 'about' in event && event.about !== undefined ? { about: event.about } : {};
  switch (event.type) {
    case 'playerJoined':
      return {
        message: { cmd: 'player_joined', player: event.player, ...about },
        changesState: true,
        sharesState: true,
      };
    case 'playerAsks':
      return {
        message: { cmd: 'player_asks', player: event.player, ...about },
        changesState: true,
        sharesState: true,
      };
    case 'playerLeft':
      return {
        message: { cmd: 'player_left', player: event.player },
        changesState: true,
        sharesState: true,
      };
    case 'playerDisconnected':
      return { message: { cmd: 'player_away', player: event.player }, changesState: true };
    case 'playerReconnected': {
      const missed = event.missed > 0 ? { missed: event.missed } : {};
      return {
        message: { cmd: 'player_back', player: event.player, ...missed, ...about },
        changesState: true,
      };
    }
    case 'aboutChanged':
      return {
        message: { cmd: 'about', player: event.player, about: event.about },
        changesState: false,
      };
    case 'audienceChanged':
      return { message: { cmd: 'audience', count: event.count }, changesState: false };
    case 'tallied':
      return { message: { cmd: 'tally', counts: event.counts }, changesState: false };
    default:
      return event satisfies never;
  }
}
