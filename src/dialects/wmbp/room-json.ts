import type { Room } from '../../rooms/room.js';
import type { SeatKey } from '../../rooms/seat-key.js';

/** A room as `GET /CODE?format=json` describes it to everybody who knows the code. */
export interface RoomJson {
  readonly code: string;
  readonly name: string;
  readonly players: number;
  readonly max_players: number;
  readonly accept_conns: boolean;
  readonly host: 'connected' | 'disconnected';
  readonly max_message: number;
  /** The number of viewers; only if the room has an audience. */
  readonly audience?: number;
  /** Only if a seat key was sent, and the room has a reconnect window. */
  readonly seat?: 'connected' | 'disconnected';
  /** Only if a seat key was sent, and its player asks to join. */
  readonly asking?: true;
  /** Only if a player needs a password to join. */
  readonly password?: true;
  /** Only if the relay with the room has an address of its own. */
  readonly url?: string;
}

export interface RoomJsonLimits {
  /** The largest message from a player, in bytes. */
  readonly maxPlayerMessage: number;
  /** The address of this relay and no other of a cluster; empty if there is none. */
  readonly nodeUrl: string;
}

/**
 * Describes a room as JSON.
 *
 * @param key the seat key of the request
 */
export function roomJson(
  room: Room,
  key: SeatKey | undefined,
  { maxPlayerMessage, nodeUrl }: RoomJsonLimits,
): RoomJson {
  const { info } = room;
  const seat = key && room.seatWith(key);
  return {
    code: info.code,
    name: info.name,
    players: info.players,
    max_players: info.maxPlayers,
    accept_conns: info.acceptsPlayers,
    host: info.hostConnected ? 'connected' : 'disconnected',
    max_message: maxPlayerMessage,
    ...(room.audience && { audience: room.audience.size }),
    ...(key && room.hasReconnectWindow && { seat: seat?.status ?? 'disconnected' }),
    ...(seat?.isAsking && { asking: true as const }),
    ...(room.features?.password !== undefined && { password: true }),
    ...(nodeUrl !== '' && { url: nodeUrl }),
  };
}
