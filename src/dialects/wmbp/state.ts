import type { StateEvent } from '../../protocol/wmbp/events.js';
import type { RoomSnapshot } from '../../rooms/room-info.js';

/** The state of a host that has not prepared a room. */
export const EMPTY_STATE: StateEvent = {
  cmd: 'state',
  name: '',
  players: [],
  max_players: 0,
  accept_conns: false,
};

/** A room as WMBP's `state` describes it. */
export function stateOf(room: RoomSnapshot): StateEvent {
  const { name, players, maxPlayers, acceptsPlayers, disconnected, asking } = room;
  return {
    cmd: 'state',
    name,
    players,
    max_players: maxPlayers,
    accept_conns: acceptsPlayers,
    ...(disconnected && { away: disconnected }),
    ...(asking && { asking }),
  };
}
