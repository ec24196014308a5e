import type { HostFormat } from '../protocol/host-encoder.js';
import type { RoomCode } from '../rooms/ids.js';
import { CODE_LENGTH, parseRoomCode } from '../rooms/room-code.js';

/** Where a request wants to go. */
export type Route =
  | { readonly to: 'create'; readonly format: HostFormat }
  /** A path that only a room can have; `code` is `undefined` if no room can have that one. */
  | { readonly to: 'room'; readonly code: RoomCode | undefined }
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
      return { to: 'create', format: hostFormat(mark < 0 ? '' : target.slice(mark + 1)) };
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
      return code === undefined ? { to: 'nowhere' } : { to: 'room', code: parseRoomCode(code) };
    }
  }
}

function hostFormat(query: string): HostFormat {
  const parameters = new URLSearchParams(query);
  return {
    format: parameters.get('format') === 'json' ? 'json' : 'cbor',
    bytes: parameters.get('bytes') === '1',
  };
}
