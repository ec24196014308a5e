import type { HostFormat } from '../protocol/host-encoder.js';
import type { RoomCode } from '../rooms/ids.js';
import { CODE_LENGTH, parseRoomCode } from '../rooms/room-code.js';
import { parseSeatKey, type SeatKey } from '../rooms/seat-key.js';

/** Where a request wants to go. */
export type Route =
  | {
      readonly to: 'create';
      readonly format: HostFormat;
      /** What the query brings to be allowed to. */
      readonly token: string | undefined;
      /** The room that a host wants back. */
      readonly resume: Resume | undefined;
    }
  | {
      /** A path that only a room can have. */
      readonly to: 'room';
      /** What was typed. */
      readonly path: string;
      /** `undefined` if no room can have that code. */
      readonly code: RoomCode | undefined;
      /** The seat that a player wants, or wants back. */
      readonly seat: SeatKey | undefined;
    }
  | {
      /** Any other path: a file, if one is served there. */
      readonly to: 'file';
      readonly path: string;
    }
  | { readonly to: 'home' | 'health' | 'ready' | 'metrics' | 'ice' };

/** What a host brings to get its room back: `/CREATE?room=…&resume=…`. */
export interface Resume {
  /** What it says is the code. */
  readonly room: string;
  /** `undefined` if no room can have that code. */
  readonly code: RoomCode | undefined;
  readonly token: string;
}

/** No path other than a room's has this many characters. */
const ROOM = new RegExp(`^/([^/]{${CODE_LENGTH}})$`);

/**
 * Finds the route of a raw request target, as it stands in the request line.
 *
 * Exact matches only: no decoding, no normalising, nothing that can throw on hostile input, as
 * `new URL()` does on `//[`.
 */
export function route(target: string): Route {
  const mark = target.indexOf('?');
  const path = mark < 0 ? target : target.slice(0, mark);
  const query = (): URLSearchParams => new URLSearchParams(mark < 0 ? '' : target.slice(mark + 1));
  switch (path) {
    case '/CREATE':
      return create(query());
    case '/':
      return { to: 'home' };
    case '/health':
      return { to: 'health' };
    case '/ready':
      return { to: 'ready' };
    case '/metrics':
      return { to: 'metrics' };
    case '/ice':
      return { to: 'ice' };
    default: {
      const code = ROOM.exec(path)?.[1];
      if (code === undefined) return { to: 'file', path };
      const seat = mark < 0 ? undefined : parseSeatKey(query().get('seat'));
      return { to: 'room', path: code, code: parseRoomCode(code), seat };
    }
  }
}

function create(query: URLSearchParams): Route {
  const format = query.get('format') === 'json' ? 'json' : 'cbor';
  const bytes = query.get('bytes') === '1';
  const token = query.get('token') ?? undefined;
  return { to: 'create', format: { format, bytes }, token, resume: resume(query) };
}

function resume(query: URLSearchParams): Resume | undefined {
  const token = query.get('resume');
  if (token === null) return undefined;
  const room = query.get('room') ?? '';
  return { room, code: parseRoomCode(room), token };
}
