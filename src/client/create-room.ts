import type { Room, RoomOptions } from './api.js';
import { resolve } from './environment.js';
import { Keepsake } from './keepsake.js';
import { RelayAddress } from './relay-address.js';
import { RelayError } from './relay-error.js';
import { type Opening, RoomConnection } from './room-connection.js';
import { readRoom } from './room-memory.js';

const MAX_PLAYERS = 8;
const HOLD = 120;
const MOST_NAME_BYTES = 1_024;

/**
 * Opens a room on a relay, or takes back the one that this page had before it was reloaded.
 *
 * @param url the relay: `wss://relay.example.com`, or `https://`; a path before the code is kept
 * @throws RelayError if the relay cannot be reached, or refuses
 * @throws TypeError if `url` is no address, or there is no WebSocket here
 * @throws RangeError if `name` is too long, or a number is out of its bounds
 */
export async function createRoom(url: string | URL, options: RoomOptions = {}): Promise<Room> {
  const { name = '', maxPlayers = MAX_PLAYERS, hold = HOLD, token, resume = true } = options;
  if (new TextEncoder().encode(name).length > MOST_NAME_BYTES) {
    throw new RangeError(`name: expected at most ${MOST_NAME_BYTES} bytes`);
  }
  checkInteger('maxPlayers', maxPlayers, 1);
  checkInteger('hold', hold, 0);
  const address = new RelayAddress(url);
  const environment = resolve(options);
  const keepsake = new Keepsake(environment, `room ${address}`);
  const saved = resume ? readRoom(await keepsake.find()) : undefined;
  const opening = { environment, address, keepsake, token, name, maxPlayers, hold };
  try {
    return await open({ ...opening, saved });
  } catch (error) {
    const isGone = error instanceof RelayError && error.what === 'noSuchRoom';
    if (saved === undefined || !isGone) throw error;
    return open({ ...opening, saved: undefined });
  }
}

function open(opening: Omit<Opening, 'opened' | 'refused'>): Promise<Room> {
  return new Promise((opened, refused) => {
    new RoomConnection({ ...opening, opened, refused });
  });
}

function checkInteger(name: string, value: number, least: number): void {
  if (Number.isInteger(value) && value >= least && value < 2 ** 32) return;
  throw new RangeError(`${name}: expected an integer of at least ${least}, got ${value}`);
}
