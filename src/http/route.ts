import { type LaunchPath, parseLaunchPath } from '../launch/launch-path.js';
import type { Dialect } from '../protocol/dialects.js';
import { CODE_LENGTH, MAX_CODE_LENGTH } from '../protocol/room-code.js';
import type { HostFormat } from '../protocol/wmbp/host-encoder.js';
import type { RoomCode } from '../rooms/ids.js';
import { parseRoomCode } from '../rooms/room-code.js';
import type { SeatKey } from '../rooms/seat-key.js';
import { LIST_KINDS, type ListRoute, listRoute } from './list-route.js';
import { type MatchmakerRoute, matchmakerRoute } from './matchmaker-route.js';
import { goes, playerQuery } from './player-query.js';

/** The target of a request. */
export type Route =
  | {
      readonly kind: 'create';
      readonly format: HostFormat;
      /** The create token of the query. */
      readonly token: string | undefined;
      /** The room that the host resumes. */
      readonly resume: Resume | undefined;
      /** The launched server that the host is. */
      readonly launch: LaunchQuery | undefined;
      /** Whether the host connects to another relay that has its room. */
      readonly go?: true;
    }
  | {
      /** A path of as many characters as codes have letters. */
      readonly kind: 'room';
      /** The code as it was typed. */
      readonly path: string;
      /** `undefined` if no room can have that code. */
      readonly code: RoomCode | undefined;
      /** The seat key of the query. */
      readonly seat: SeatKey | undefined;
      /** What the player says about itself, from the query. */
      readonly about: string | undefined;
      /** The password of the room, from the query. */
      readonly password: string | undefined;
      /** Whether the connection gets all values of the room. */
      readonly allValues: boolean;
      /** Whether the player wants to be in the audience, from the query. */
      readonly watches?: true;
      /** Whether the client connects to another relay that has the room. */
      readonly go?: true;
      /** Whether the query asks for JSON, whatever the `Accept` header says. */
      readonly json: boolean;
    }
  | {
      /** The path to which clients of Bellhop connect. */
      readonly kind: 'bellhop';
      /** The create token of the query. */
      readonly token: string | undefined;
    }
  | {
      /** Any other path: a file, if one is served there. */
      readonly kind: 'file';
      readonly path: string;
    }
  | {
      /** The path to which clients of signaling-server send requests. */
      readonly kind: 'signaling';
    }
  | ListRoute
  | MatchmakerRoute
  | LaunchPath
  | { readonly kind: 'home' | 'health' | 'ready' | 'metrics' | 'ice' | 'address' };

/** The route to a room. */
export type RoomRoute = Extract<Route, { readonly kind: 'room' }>;

/** The code of the path or the query. */
export function codeOf(target: Route): RoomCode | undefined {
  if (target.kind === 'room') return target.code;
  return target.kind === 'create' ? target.resume?.code : undefined;
}

/** The query of a host that resumes its room: `/CREATE?room=…&resume=…`. */
export interface Resume {
  /** The code as it was sent. */
  readonly room: string;
  /** `undefined` if no room can have that code. */
  readonly code: RoomCode | undefined;
  readonly token: string;
}

/** The query of a launched server that opens its room: `/CREATE?launch=ID.TOKEN`. */
export interface LaunchQuery {
  readonly id: string;
  readonly token: string;
}

/** Paths that exist only if game servers are started. */
const LAUNCH_KINDS: readonly Route['kind'][] = [
  'launched',
  'launchContext',
  'launchReady',
  'launchPlayer',
];

/** The routes of each dialect. */
const DIALECT_OF: Partial<Record<Route['kind'], Dialect>> = {
  create: 'wmbp',
  room: 'wmbp',
  quickJoin: 'wmbp',
  roomList: 'wmbp',
  bellhop: 'bellhop',
  signaling: 'signaling',
  matchmaker: 'bevygap',
  request: 'bevygap',
  wannaplay: 'bevygap',
  play: 'bevygap',
};

/** Paths of letters that are no rooms, in any case: a code must not be confused with them. */
export const RESERVED_NAMES: ReadonlySet<string> = new Set([
  'ADDRESS',
  'BELLHOP',
  'CREATE',
  'HEALTH',
  'METRICS',
  'READY',
  'ROOMS',
  'SKETCH',
]);

/**
 * With four letters, no path other than a room's has this many characters, so all others are wrong
 * codes.
 */
const ROOM = new RegExp(`^/([^/]{${CODE_LENGTH}})$`);

/** Files have a dot. */
const LONG_ROOM = new RegExp(`^/([^/.]{${CODE_LENGTH + 1},${MAX_CODE_LENGTH}})$`);

/**
 * The scheme and authority of a request target in absolute form. User information and an empty host
 * are not allowed (RFC 9110 section 4.2.4).
 */
const ORIGIN = /^(?:https?|wss?):\/\/(?:[^/?#@[\]\\\s]+|\[[\d.:a-f]+\](?::\d*)?)(?=[/?]|$)/i;

/**
 * Parses the request target of the request line: a path with a query, optionally preceded by scheme
 * and authority (RFC 9112 section 3.2.2).
 *
 * Paths must match exactly: they are not decoded or normalized, and hostile input cannot cause an
 * exception, as `//[` does in `new URL()`.
 */
export function route(target: string, codeLength: number = CODE_LENGTH): Route {
  const { path, search } = split(target);
  const query = (): URLSearchParams => new URLSearchParams(search);
  switch (path) {
    case '/CREATE':
      return create(query());
    case '/bellhop':
      return { kind: 'bellhop', token: query().get('token') ?? undefined };
    case '/signaling':
      return { kind: 'signaling' };
    case '/':
      return { kind: 'home' };
    case '/health':
      return { kind: 'health' };
    case '/ready':
      return { kind: 'ready' };
    case '/metrics':
      return { kind: 'metrics' };
    case '/ice':
      return { kind: 'ice' };
    case '/address':
      return { kind: 'address' };
    default: {
      const code = roomPath(path, codeLength);
      if (code === undefined) {
        return (
          listRoute(path, query) ??
          parseLaunchPath(path) ??
          matchmakerRoute(path, query) ?? { kind: 'file', path }
        );
      }
      const room = { kind: 'room', path: code, code: parseRoomCode(code) } as const;
      return { ...room, ...(search === '' ? NO_PARAMETERS : parametersOf(query())) };
    }
  }
}

/** The code of a path as it was typed; `undefined` if the path is no room's. */
function roomPath(path: string, codeLength: number): string | undefined {
  if (path.length !== codeLength + 1) return undefined;
  const name = (codeLength === CODE_LENGTH ? ROOM : LONG_ROOM).exec(path)?.[1];
  return name !== undefined && RESERVED_NAMES.has(name.toUpperCase()) ? undefined : name;
}

type RoomParameters = Omit<RoomRoute, 'kind' | 'path' | 'code'>;

const NO_PARAMETERS: RoomParameters = {
  seat: undefined,
  about: undefined,
  password: undefined,
  allValues: false,
  json: false,
};

function parametersOf(query: URLSearchParams): RoomParameters {
  return {
    ...playerQuery(query),
    ...(query.get('as') === 'audience' && { watches: true }),
    json: query.get('format') === 'json',
  };
}

/** The create token in the query of a target. */
export function tokenIn(target: string): string | undefined {
  return new URLSearchParams(split(target).search).get('token') ?? undefined;
}

/** The parts of a relay that decide which routes exist. */
export interface RouteParts {
  /** The enabled dialects. */
  readonly dialects: ReadonlySet<Dialect>;
  /** `undefined` if no game servers are started. */
  readonly serverApi: object | undefined;
  readonly rooms: { readonly hasLists: boolean };
  readonly limits: { readonly codeLength: number };
}

/**
 * Finds routes as `route` does; the routes of a disabled dialect or feature are treated as any other
 * path.
 */
export function routeWithin({
  dialects,
  serverApi,
  rooms,
  limits,
}: RouteParts): (target: string) => Route {
  const { codeLength } = limits;
  const exists = (kind: Route['kind']): boolean => {
    if (LAUNCH_KINDS.includes(kind) && serverApi === undefined) return false;
    if (LIST_KINDS.includes(kind) && !rooms.hasLists) return false;
    const dialect = DIALECT_OF[kind];
    return dialect === undefined || dialects.has(dialect);
  };
  return (target) => {
    const found = route(target, codeLength);
    return exists(found.kind) ? found : { kind: 'file', path: split(target).path };
  };
}

/** Path and query of a request target. */
function split(target: string): { readonly path: string; readonly search: string } {
  const origin = target.startsWith('/') ? '' : (ORIGIN.exec(target)?.[0] ?? '');
  const local = target.slice(origin.length);
  const mark = local.indexOf('?');
  const path = mark < 0 ? local : local.slice(0, mark);
  // An empty path in absolute form is the root (RFC 9110 section 4.2.3).
  return {
    path: path === '' && origin !== '' ? '/' : path,
    search: mark < 0 ? '' : local.slice(mark + 1),
  };
}

function create(query: URLSearchParams): Route {
  const format = query.get('format') === 'json' ? 'json' : 'cbor';
  const bytes = query.get('bytes') === '1';
  const limits = query.get('limits') === '1' ? { limits: true as const } : {};
  const token = query.get('token') ?? undefined;
  return {
    kind: 'create',
    format: { format, bytes, ...limits },
    token,
    resume: resume(query),
    launch: launch(query),
    ...goes(query),
  };
}

function launch(query: URLSearchParams): LaunchQuery | undefined {
  const [id, token, more] = query.get('launch')?.split('.') ?? [];
  if (id === undefined) return undefined;
  // A value of another form belongs to no server.
  return { id, token: more === undefined ? (token ?? '') : '' };
}

function resume(query: URLSearchParams): Resume | undefined {
  const token = query.get('resume');
  if (token === null) return undefined;
  const room = query.get('room') ?? '';
  return { room, code: parseRoomCode(room), token };
}
