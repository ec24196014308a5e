import { Buffer } from 'node:buffer';
import type { Place, Progress } from '../matchmaking.js';

/** The media type of server-sent events (HTML standard, section 9.2). */
export const EVENT_STREAM = 'text/event-stream';

/** Every event of a request at `/matchmaker/play`. `ready` or `error` is the last one. */
export const PLAY_EVENTS = ['acknowledged', 'accepted', 'progress', 'ready', 'error'] as const;

export type PlayEvent = (typeof PLAY_EVENTS)[number];

/** Writes progress as a server-sent event. */
export function playEvent(progress: Progress): string {
  switch (progress.is) {
    case 'acknowledged':
      return event('acknowledged', {});
    case 'accepted':
      return event('accepted', { session: progress.session });
    case 'waiting':
      return event('progress', { status: progress.status, elapsed: progress.elapsed });
    case 'ready':
      return event('ready', placeFields(progress.place));
    case 'failed':
      return event('error', { status: progress.status, reason: progress.reason });
    default:
      return progress satisfies never;
  }
}

function placeFields(place: Place): object {
  if (place.is === 'room') return { room: { code: place.code } };
  const { ip, port, certDigest, token } = place;
  const text = token && Buffer.from(token.buffer, token.byteOffset, token.length);
  return {
    server: { ip, port, cert_digest: certDigest, token: text?.toString('base64') ?? null },
  };
}

/** `JSON.stringify` writes no line breaks, which would end the event. */
function event(name: PlayEvent, data: object): string {
  return `event: ${name}\ndata: ${JSON.stringify(data)}\n\n`;
}
