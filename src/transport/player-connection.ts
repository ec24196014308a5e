import { Payload } from '../protocol/payload.js';
import type { RoomCode } from '../rooms/ids.js';
import type { PlayerPeer } from '../rooms/peer.js';
import type { RoomRegistry } from '../rooms/room-registry.js';
import { Seat } from '../rooms/seat.js';
import type { Connection } from './connection.js';

/** Seats a player who has just connected, or closes with the reason why not. */
export function servePlayer(connection: Connection, code: RoomCode, rooms: RoomRegistry): void {
  const seat = rooms.join(code, playerPeer(connection));
  if (!(seat instanceof Seat)) return connection.close(seat);
  connection.serve({
    message: (bytes, binary) => seat.receive(new Payload(bytes, !binary)),
    ended: () => seat.leave(),
  });
}

/** The far end of a connection, as a room reaches it. */
export function playerPeer(connection: Connection): PlayerPeer {
  const { outbox } = connection;
  return {
    send(payload) {
      if (outbox.open) outbox.attach(payload.frame);
    },
    close: (closing) => connection.close(closing),
  };
}
