import type { HostFormat } from '../protocol/host-encoder.js';
import type { RoomCode } from '../rooms/ids.js';
import { CODE_LENGTH, parseRoomCode } from '../rooms/room-code.js';

/** Where a request wants to go. */
export type Route =
  | {
      readonly to: 'create';
      readonly format: HostFormat;
      /** What the query brings to be allowed to. */
      readonly token: string | undefined;
    }
  | {
      /** A path that only a room can have. */
      readonly to: 'room';
      /** What was typed. */
      readonly path: string;
      /** `undefined` if no room can have that code. */
      readonly code: RoomCode | undefined;
    }
  | { readonly to: 'home' | 'health' | 'ready' | 'metrics' | 'nowhere' };

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
  switch (path) {
    case '/CREATE':
      return create(new URLSearchParams(mark < 0 ? '' : target.slice(mark + 1)));
    case '/':
      return { to: 'home' };
    case '/health':
      return { to: 'health' };
    case '/ready':
      return { to: 'ready' };
    case '/metrics':
      return { to: 'metrics' };
    default: {
      const code = ROOM.exec(path)?.[1];
      if (code === undefined) return { to: 'nowhere' };
      return { to: 'room', path: code, code: parseRoomCode(code) };
    }
  }
}

function create(query: URLSearchParams): Route {
  const format = query.get('format') === 'json' ? 'json' : 'cbor';
  const bytes = query.get('bytes') === '1';
  return { to: 'create', format: { format, bytes }, token: query.get('token') ?? undefined };
}
