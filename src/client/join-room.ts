import type { JoinOptions, Seat } from './api.js';
import { randomKey, resolve } from './environment.js';
import { Keepsake } from './keepsake.js';
import { RelayAddress } from './relay-address.js';
import { SeatConnection } from './seat-connection.js';
import { readSeat, writeSeat } from './seat-memory.js';

/**
 * Joins a room, in the seat that this page had in it before, if it had one.
 *
 * @param url the relay: `wss://relay.example.com`, or `https://`; a path before the code is kept
 * @param code the room's four letters, in any case
 * @throws RelayError if the relay cannot be reached, or the room cannot be joined
 * @throws TypeError if `url` is no address, or there is no WebSocket here
 */
export async function joinRoom(
  url: string | URL,
  code: string,
  options: JoinOptions = {},
): Promise<Seat> {
  const address = new RelayAddress(url);
  const environment = resolve(options);
  const room = code.toUpperCase();
  const keepsake = new Keepsake(environment, `seat ${address}${room}`);
  const memory = readSeat((await keepsake.find()) ?? randomKey());
  keepsake.keep(writeSeat(memory));
  return new Promise((joined, refused) => {
    new SeatConnection({
      environment,
      address,
      keepsake,
      code: room,
      memory,
      plain: options.plain ?? false,
      joined,
      refused,
    });
  });
}
