import type { Room } from '../../rooms/room.js';

/** A room in a public list. */
export interface ListedRoomJson {
  readonly code: string;
  readonly name: string;
  readonly players: number;
  readonly max_players: number;
  /** What the host wants the list to show; missing if it has said nothing. */
  readonly listing?: string;
  /** Only if a player needs a password to join. */
  readonly password?: true;
}

/** Describes a room as a public list shows it. */
export function listedRoomJson({ info, features }: Room): ListedRoomJson {
  const { code, name, players, maxPlayers } = info;
  return {
    code,
    name,
    players,
    max_players: maxPlayers,
    ...(features?.listing !== undefined && { listing: features.listing }),
    ...(features?.password !== undefined && { password: true }),
  };
}
