/** The query of a request for a game server. */
export interface MatchmakerQuery {
  /** The address of the player; an empty one counts as none. */
  readonly clientIp: string | undefined;
  /** The ticket of a party, and its number of players. */
  readonly party: string | undefined;
  readonly size: string | undefined;
}

/** The route of a request for a game server. */
export type MatchmakerRoute =
  | {
      /** By a WebSocket. */
      readonly kind: 'matchmaker';
      readonly query: MatchmakerQuery;
    }
  | {
      /** For the default game, in one answer. */
      readonly kind: 'wannaplay';
      readonly query: MatchmakerQuery;
    }
  | {
      /** Answered with Bevygap's values. */
      readonly kind: 'request';
      readonly game: string;
      readonly version: string;
      readonly query: MatchmakerQuery;
    }
  | {
      /** Answered with server-sent events. */
      readonly kind: 'play';
      readonly game: string;
      /** `undefined` for any. */
      readonly version: string | undefined;
      readonly query: MatchmakerQuery;
    };

const ROOT = '/matchmaker/';

/** The route of a path under `/matchmaker`, if it has one. Names are not checked. */
export function matchmakerRoute(
  path: string,
  query: () => URLSearchParams,
): MatchmakerRoute | undefined {
  if (!path.startsWith(ROOT)) return undefined;
  const [kind, game, version, ...more] = path.slice(ROOT.length).split('/');
  if (more.length > 0) return undefined;
  const isWhole = game === undefined;
  if (kind === 'ws' && isWhole) return { kind: 'matchmaker', query: readQuery(query()) };
  if (kind === 'wannaplay' && isWhole) return { kind, query: readQuery(query()) };
  if (game === undefined) return undefined;
  if (kind === 'play') return { kind, game, version, query: readQuery(query()) };
  if (kind !== 'request' || version === undefined) return undefined;
  return { kind, game, version, query: readQuery(query()) };
}

function readQuery(query: URLSearchParams): MatchmakerQuery {
  return {
    clientIp: query.get('client_ip') || undefined,
    party: query.get('party') ?? undefined,
    size: query.get('size') ?? undefined,
  };
}
