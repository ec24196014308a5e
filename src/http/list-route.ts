import { NO_CODE, type RoomCode } from '../rooms/ids.js';
import { parseRoomCode } from '../rooms/room-code.js';
import { type PlayerQuery, playerQuery } from './player-query.js';

/** A path that exists only if there are public lists. */
export type ListRoute =
  | ({
      /** Of players who join any room of a list. */
      readonly kind: 'quickJoin';
      readonly list: string;
    } & PlayerQuery)
  | {
      /** The list itself. */
      readonly kind: 'roomList';
      readonly list: string;
      /** Only rooms behind the one with this code, `NO_CODE` if no room can have it. */
      readonly after: RoomCode | undefined;
    };

/** The route to a list of rooms. */
export type RoomListRoute = Extract<ListRoute, { readonly kind: 'roomList' }>;

/** The kinds of these routes. */
export const LIST_KINDS: readonly string[] = [
  'quickJoin',
  'roomList',
] satisfies readonly ListRoute['kind'][];

const ROOM_LIST = /^\/rooms\/([^/]+)$/;

/** Parses a path of public lists; `undefined` for all others. */
export function listRoute(path: string, query: () => URLSearchParams): ListRoute | undefined {
  if (path === '/ANY') {
    const parameters = query();
    return { kind: 'quickJoin', list: parameters.get('list') ?? '', ...playerQuery(parameters) };
  }
  const list = ROOM_LIST.exec(path)?.[1];
  if (list === undefined) return undefined;
  const after = query().get('after');
  return {
    kind: 'roomList',
    list,
    after: after === null ? undefined : (parseRoomCode(after) ?? NO_CODE),
  };
}
