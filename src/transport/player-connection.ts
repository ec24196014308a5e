import { CLOSINGS, type Closing } from '../protocol/close-codes.js';
import { Payload } from '../protocol/payload.js';
import type { RoomCode } from '../rooms/ids.js';
import type { PlayerPeer } from '../rooms/peer.js';
import type { RoomRegistry } from '../rooms/room-registry.js';
import { Seat } from '../rooms/seat.js';
import { type Connection, HOLD } from './connection.js';
import { type PlayerRates, Throttle } from './throttle.js';

export interface PlayerLimits extends PlayerRates {
  /** Most that waits for the player, in bytes; with more it is cut. */
  readonly playerBacklog: number;
}

/**
 * Seats a player who has just connected, or closes with the reason why not.
 *
 * @returns that reason
 */
export function servePlayer(
  connection: Connection,
  code: RoomCode,
  rooms: RoomRegistry,
  limits: PlayerLimits,
): Closing | undefined {
  const seat = rooms.join(code, playerPeer(connection));
  if (!(seat instanceof Seat)) {
    connection.close(seat);
    return seat;
  }
  const throttle = new Throttle(connection, limits);
  connection.serve({
    message(bytes, binary) {
      seat.receive(new Payload(bytes, !binary));
      throttle.spend(bytes.length);
    },
    backlog(bytes) {
      if (bytes > limits.playerBacklog) connection.cut(CLOSINGS.tooSlow);
    },
    failed: () => seat.fail(),
    ended() {
      throttle.stop();
      seat.leave();
    },
  });
  return undefined;
}

/** The far end of a connection, as a room reaches it. */
export function playerPeer(connection: Connection): PlayerPeer {
  const { outbox } = connection;
  return {
    send(payload) {
      if (outbox.open) outbox.attach(payload.frame);
    },
    setReading(reading) {
      if (reading) connection.release(HOLD.host);
      else connection.hold(HOLD.host);
    },
    close: (closing) => connection.close(closing),
  };
}
