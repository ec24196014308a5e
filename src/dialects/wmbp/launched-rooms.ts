import type { LaunchedRoom, LaunchedServer } from '../../launch/launched-servers.js';
import { CLOSE_REASONS } from '../../protocol/close-codes.js';
import type { HostPeer } from '../../rooms/peer.js';
import type { Room } from '../../rooms/room.js';
import type { RoomSettings } from '../../rooms/room-info.js';
import type { OpenResult, Rooms } from '../../rooms/rooms.js';
import type { RoomOpener } from './host-connection.js';

/** The servers that have opened a room: each of them may open only one. */
const withRoom = new WeakSet<LaunchedServer>();

/** Opens the room of a launched server, and reports its players and its end to the server's fleet. */
export class LaunchedRooms implements RoomOpener {
  readonly #rooms: Rooms;
  readonly #server: LaunchedServer;

  constructor(rooms: Rooms, server: LaunchedServer) {
    this.#rooms = rooms;
    this.#server = server;
  }

  open(settings: RoomSettings, host: HostPeer): OpenResult {
    const server = this.#server;
    if (withRoom.has(server)) return { is: 'refused', reason: CLOSE_REASONS.badToken };
    const result = this.#rooms.open(settings, host);
    if (result.is === 'refused') return result;
    withRoom.add(server);
    server.openedRoom(stateOf(result.room));
    this.#rooms.watch(result.room, {
      changed: () => server.changedRoom(),
      ended: () => server.endedRoom(),
    });
    return result;
  }
}

/** The room, whose values change with it. */
function stateOf(room: Room): LaunchedRoom {
  return {
    code: room.identity.code,
    get players() {
      return room.info.players;
    },
    get freePlaces() {
      const { acceptsPlayers, maxPlayers, players } = room.info;
      return acceptsPlayers ? maxPlayers - players : 0;
    },
    end: () => room.end(CLOSE_REASONS.hostGone),
  };
}
