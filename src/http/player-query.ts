import { parseSeatKey, type SeatKey } from '../rooms/seat-key.js';

/** What a player says in the query of any path at which it joins. */
export interface PlayerQuery {
  readonly seat: SeatKey | undefined;
  /** What the player says about itself. */
  readonly about: string | undefined;
  /** The password of the room. */
  readonly password: string | undefined;
  /** Whether a player who reconnects gets all values of the room. */
  readonly allValues: boolean;
  /** Whether the client connects to another relay that has its room. */
  readonly go?: true;
}

export function playerQuery(query: URLSearchParams): PlayerQuery {
  return {
    seat: parseSeatKey(query.get('seat')),
    about: query.get('about') ?? undefined,
    password: query.get('password') ?? undefined,
    allValues: query.get('values') === 'all',
    ...goes(query),
  };
}

/** Whether the client, a player or a host, understands a close with 4302. */
export function goes(query: URLSearchParams): { readonly go?: true } {
  return query.get('go') === '1' ? { go: true } : {};
}
